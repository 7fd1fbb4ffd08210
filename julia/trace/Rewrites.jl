# Other code for a statement, tried out on recorded values.

"Rewrites that are returned at most, and pairs of edits that are tried."
const ENOUGH = 40
const PAIRS = 10_000

"""
    rewrites(tagger, replacements, appended, parameters, values, address, trials)
        -> (rewrites, "") or (nothing, problem)

Other code for the statement, range or condition at an address of the tagger's file as edited, that
comes to what is wanted in all trials, the simplest first: (code, what, cost, distance). Where no
trial wants anything, all that could be tried, or that comes to a shape, with a distance of NaN. Two
edits are made only where no single one will do.

A trial is (address, names, values, target, wanted or nothing, carried, shape or nothing): the
statement at `address` is run over these variables, and what the expression `target` comes to
afterwards counts; its shape where more is not known. `carried` names the variables that are what
the latest trial with such a target came to.
"""
function rewrites(tagger, replacements, appended, parameters, values, address, trials)
    return attempt(tagger.path) do
        names = Symbol[Symbol(String(name)) for name in parameters]
        weights = [n => XCheck.copy_of(v) for (n, v) in zip(names, values)]
        Base.invokelatest(XCheck.set_weights, tagger, weights)
        all = edited(tagger.path, replacements, appended)
        at = parse.(Int, split(String(address)))
        search(tagger, all, at, names, collect(trials))
    end
end

function search(tagger, all, at, names, trials)
    mod, statement = tagger.mod, stripped(node_at(all, at))
    globals = Dict{Symbol,Any}()
    runs = Run[run_of(mod, globals, all, at, statement, names, trial) for trial in trials]
    mine = filter(run -> run.statement === nothing, runs)
    wanting = filter(run -> run.wanted !== nothing, mine)
    known = !isempty(mine)
    tested = any(run -> run.wanted !== nothing, runs)
    tried = tested || any(run -> run.shape !== nothing, runs)
    first = known ? (isempty(wanting) ? mine[1] : wanting[1]) : nothing
    # Over copies: a function that is called on the way may write into what it is handed.
    variables = Dict{Symbol,Any}()
    for (name, value) in (known ? first.variables : variables)
        variables[name] = own(value)
    end
    bench = Bench(mod, variables, globals, IdDict(), IdDict())
    routine = routine_around(all, at)
    loops = loops_around(all, at)
    weights = map(last, tagger.adapter.globals)
    items = known ? items_of(bench, routine, statement, loops, weights) : Item[]
    functions = functions_of_one(all)
    made = routine === nothing ? Symbol[] : unique(assigned(routine.body))
    setting(s) =
        Setting(s, loops, bench, known, sites_of(bench, s, known), items, functions, names, made)
    rules = is_header(all, at) && !tested ? HEADER_RULES : RULES
    singles = candidates(setting(statement), rules)
    tolerance = tolerance_of(runs)
    found = Any[]
    seen = Set{UInt}()
    is_new!(seen, statement)
    for candidate in singles
        try_out!(found, seen, statement, candidate, runs, tried, tested, tolerance)
        tested && length(found) >= ENOUGH && break
    end
    if tested && isempty(found)
        for candidate in candidates(setting(statement), LAST_RULES)
            try_out!(found, seen, statement, candidate, runs, tried, tested, tolerance)
            length(found) >= ENOUGH && break
        end
    end
    if tested && isempty(found)
        pairs!(found, seen, setting, statement, runs, tolerance)
    end
    return sort!(found; by = one -> one[3], alg = MergeSort)
end

"The number of names and numbers in an expression."
function size_of(@nospecialize(node))
    node isa Expr || return 1
    total = 0
    for part in node.args
        total += size_of(part)
    end
    return total
end

"Two edits, the simplest pairs first; the second may take another variable."
function pairs!(found, seen, setting, statement, runs, tolerance)
    firsts = candidates(setting(statement), SMALL_RULES)
    firsts = firsts[1:min(FIRSTS, end)]
    halves = Any[placed(statement, one.address, 1, one.new) for one in firsts]
    seconds = Any[candidates(setting(half), SECOND_RULES) for half in halves]
    tried = 0
    for total in 2:DEAREST, (one, half, twos) in zip(firsts, halves, seconds), two in twos
        one.cost + two.cost == total || continue
        what = Any[one.what; "; "; two.what]
        both = Candidate(Int[], placed(half, two.address, 1, two.new), what, total + 1)
        try_out!(found, seen, statement, both, runs, true, true, tolerance)
        tried += 1
        (tried >= PAIRS || length(found) >= ENOUGH) && return
    end
end

"First edits of pairs, and what both may cost together."
const FIRSTS = 80
const DEAREST = 5

function candidates(setting, rules)
    offers = Offers(Candidate[])
    offer_forms!(offers, setting)
    offer_swaps!(offers, setting)
    for site in setting.sites, rule in rules
        rule(offers, setting, site)
    end
    return sort!(offers.list; by = cost_of, alg = MergeSort)
end
cost_of(candidate) = candidate.cost

"Run a candidate, and add it to what was found if it comes to what is wanted."
function try_out!(found, seen, statement, candidate, runs, tried, tested, tolerance)
    new = placed(statement, candidate.address, 1, candidate.new)
    is_new!(seen, new) || return
    distance = tried ? distance_of(new, statement, runs, tolerance) : NaN
    tried && isnan(distance) && return
    code = code_of(new)
    stripped(Meta.parse(code; raise = false)) == new || return
    # Of two that come to the same, the one that is shorter is the simpler.
    cost = 4 * candidate.cost + size_of(new) - size_of(statement)
    push!(found, (code, in_words(candidate.what), max(cost, 1), tested ? distance : NaN))
    return
end

"An expression with the part at an address replaced, from the `i`th number of the address on."
function placed(@nospecialize(node), address, i, @nospecialize(new))
    i > length(address) && return new
    copied = Expr(node.head)
    append!(copied.args, node.args)
    part = placed(node.args[address[i]], address, i + 1, new)
    copied.args[address[i]] = part
    # Twice transposed, twice negative: as if it were neither.
    node.head == QUOTE_MARK && ishead(part, QUOTE_MARK) && return part.args[1]
    is_negative(copied) && is_negative(part) && return part.args[2]
    return copied
end

is_negative(@nospecialize(node)) = calls(node, SUBTRACTING) && length(node.args) == 2

in_words(parts) = join(map(part -> part isa String ? part : text(part), parts))
