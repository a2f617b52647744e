-- POST /api/v1/nodes/register
-- Registers a machine of the operator whose API key this is, or tells what it is now.
-- also: /api/v1/worker/register
-- access: node
-- param: node_id text min 1 max 128
-- param: hostname text min 1 max 255
-- param: cores int = 1 min 1 max 4096
-- param: cpu_model text? max 200
-- param: os text? max 80
-- param: arch text? max 40
-- param: ram_gb int? min 0
-- param: has_gpu bool = false
-- param: gpu_model text? max 200
-- param: node_version text? max 40
select postern.register_node(:node_id, :hostname, :cores, json_build_object(
    'cpu_model', :cpu_model, 'os', :os, 'arch', :arch, 'ram_gb', :ram_gb,
    'has_gpu', :has_gpu, 'gpu_model', :gpu_model, 'node_version', :node_version
))
