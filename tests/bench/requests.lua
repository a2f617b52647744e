-- Sends the prepared requests of one file, one after the other, and prints one line of figures.
-- The file holds whole HTTP requests, each ended by the byte 0x1e; workloads.mjs writes it.
local requests, at = {}, 0

function init(args)
    local file = assert(io.open(args[1], "rb"))
    for text in file:read("*a"):gmatch("([^\30]+)\30") do
        requests[#requests + 1] = text
    end
    file:close()
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("figures %d %d %d %d %d %d\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), errors.status,
        errors.connect + errors.read + errors.write + errors.timeout))
end
