-- POST /api/searches
-- Starts a search: a job and the blocks it is cut into. Which numbers it needs depends on its type.
-- also: /api/v1/searches
-- access: admin
-- param: search_type text one of factorial, primorial, palindromic, kbn, twin, sophie_germain, cullen_woodall, carol_kynea, wagstaff, repunit, gen_fermat
-- param: start bigint? min 0 max 1000000000000
-- param: end bigint? min 0 max 1000000000000
-- param: k bigint? min 1 max 1000000000000
-- param: base bigint? min 2 max 1000000
-- param: min_digits bigint? min 1 max 1000000000
-- param: max_digits bigint? min 1 max 1000000000
-- param: min_n bigint? min 0 max 1000000000000
-- param: max_n bigint? min 0 max 1000000000000
-- param: min_exp bigint? min 0 max 1000000000000
-- param: max_exp bigint? min 0 max 1000000000000
-- param: fermat_exp bigint? min 1 max 1000000
-- param: min_base bigint? min 2 max 1000000000000
-- param: max_base bigint? min 2 max 1000000000000
-- answer: created
select postern.start_search(:search_type, jsonb_build_object(
    'start', :start, 'end', :end, 'k', :k, 'base', :base,
    'min_digits', :min_digits, 'max_digits', :max_digits, 'min_n', :min_n, 'max_n', :max_n,
    'min_exp', :min_exp, 'max_exp', :max_exp,
    'fermat_exp', :fermat_exp, 'min_base', :min_base, 'max_base', :max_base
))
