// A month of metrics: every minute one sample of each of twenty figures of the fleet and of two figures of
// forty workers, summed by hour and day by the product's own job.

export const WORKERS = 40;
const FIGURES = 20, MINUTES = 30 * 24 * 60;

/** part: of the month's minutes, one of so many is filled. Returns how many samples there are. */
export async function fillMonth(query, part) {
    await query(`select postern.make_metric_partition(now() - make_interval(days => n)) from generate_series(0, 30) as n`);
    await query(`
        insert into metric_samples (ts, scope, metric, value, labels)
        select now() - make_interval(mins => minute), 'fleet', 'fleet.figure_' || figure, minute % 97 + figure, null
        from generate_series(0, ${MINUTES - 1}, ${part}) as minute, generate_series(1, ${FIGURES}) as figure
        union all
        select now() - make_interval(mins => minute), 'worker', metric, minute % 89 + worker,
            jsonb_build_object('worker_id', 'w-' || worker, 'hostname', 'host-' || worker % 10, 'search_type', 'kbn')
        from generate_series(0, ${MINUTES - 1}, ${part}) as minute, generate_series(1, ${WORKERS}) as worker,
            unnest(array['worker.tested', 'worker.found']) as metric`);
    await query('analyze metric_samples');
    // The job goes on from the last hour it has summed: it begins anew.
    await query('begin; truncate metric_rollups_hourly, metric_rollups_daily; select postern.roll_up_metrics(); commit');
    await query('analyze metric_rollups_hourly, metric_rollups_daily');
    return (await query('select count(*)::int as n from metric_samples'))[0].n;
}

const since = (days) => new Date(Date.now() - days * 86400e3 + 60e3).toISOString();

/** What a page of charts asks: [what, path, goal in ms]. */
export const questions = () => [
    ['30 days of one figure, by hour', `/api/observability/metrics?metrics=fleet.figure_7&from=${since(30)}`, 50],
    ['30 days of five figures, by hour', `/api/observability/metrics?metrics=${[1, 2, 3, 4, 5].map((n) => `fleet.figure_${n}`)}&from=${since(30)}`, 50],
    ['30 days of one of forty workers, by hour', `/api/observability/metrics?metrics=worker.tested&worker_id=w-7&from=${since(30)}`, 50],
    ['30 days of all forty workers (28,800 points)', `/api/observability/metrics?metrics=worker.tested&from=${since(30)}`, null],
    ['6 hours of one figure, sample by sample', '/api/observability/metrics?metrics=fleet.figure_7', 50],
];
