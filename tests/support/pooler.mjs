// PgBouncer in transaction mode between the server and PostgreSQL: every transaction may get
// another backend.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atExit, freePort, start, until } from './process.mjs';
import net from 'node:net';

const opens = (port) => new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); done(true); });
    socket.on('error', () => done(false));
});

/** Returns { url, stop() }: a URL for `user` at `db` that goes through the pooler, with `size` backends. */
export async function startPooler(cluster, db, user, size = 3) {
    const port = await freePort();
    const dir = mkdtempSync('/tmp/pt-');
    writeFileSync(join(dir, 'ini'), `[databases]
${db} = host=${cluster.socketDir} dbname=${db} user=${user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${size}
max_client_conn = 100
`);
    writeFileSync(join(dir, 'log'), '');
    for (const [name, mode] of [['', 0o755], ['ini', 0o644]]) chmodSync(join(dir, name), mode);
    const pooler = start('/usr/sbin/pgbouncer', [join(dir, 'ini')], { user: 'postgres', log: join(dir, 'log') });
    const end = () => {
        pooler.signal('SIGKILL');
        rmSync(dir, { recursive: true, force: true });
    };
    const forget = atExit(end);
    await until(() => {
        if (!pooler.running()) throw new Error(`PgBouncer ended:\n${pooler.output()}`);
        return opens(port);
    }, () => `PgBouncer does not listen:\n${pooler.output()}`);
    return {
        url: `postgresql://${user}@127.0.0.1:${port}/${db}`,
        logs: () => pooler.output(),
        async stop() {
            forget();
            end();
            await pooler.exited;
        },
    };
}
