# A tagger file, or an edited copy of it, run with a record of all that it does.

"""
    record(path, parameters, replacements, appended, form, keep, case...)
        -> ((statements, tape, run, problem), "") or (nothing, problem)

Run forward and backward once, in a new module, with every statement recorded. What comes before
`keep` is what `XCheck.load` takes. `keep` is the number of entries above which an array is
sketched, the addresses of the statements whose events come with all local variables, as "3 2 5",
and the steps from 0 in which nothing is sketched. The case is what `XCheck.examine` takes: values, words, tags, h_prev, sizes.

`statements` are (address, function, line, text, kind, targets, within), `tape` is what is described
at `Tape`, `run` is `nothing` where the tagger threw, `problem` says why. Recording changes no
result: what is put in reads and copies.
"""
function record(path, parameters, replacements, appended, form, keep, case...)
    return attempt(path) do
        names = String[string(name) for name in parameters]
        tape = Tape(names, Int(keep[1]), Int[s for s in keep[3]], XCheck.adapter(names, form))
        tagger = recorded_tagger(tape, path, names, replacements, appended, addresses(keep[2]))
        run, problem = attempt(path) do
            Base.invokelatest(run_recorded, tape, tagger, names, case...)
        end
        problem == "" || broken_off!(tape)
        ([plain(s) for s in tape.statements], pieces(tape), run, problem)
    end
end

addresses(texts) = Vector{Int}[parse.(Int, split(String(t))) for t in texts]

"The file, with records in every function that the two functions reach."
function recorded_tagger(tape, path, names, replacements, appended, scoped)
    all = edited(path, replacements, appended)
    adapter = tape.adapter
    found = reached_of(routines(all), [adapter.forward.name, adapter.backward.name])
    walk = Walk(tape, Set(scoped), tape.statements, 0, String[])
    own = length(expressions_of(path))
    for routine in sort(found; by = r -> r.address)
        number = routine.address[1]
        walk.lines = number <= own ? readlines(path) : split(String(appended), '\n')
        body = instrumented(walk, routine)
        all[number] = replaced(all[number], routine.address[2:end], body)
    end
    append!(tape.counts, zeros(Int, length(tape.statements)))
    return XCheck.evaluate(path, adapter, names, String(appended)) do _, number
        all[number]
    end
end

"The top-level expressions of a file, those appended among them, with an edit carried out."
function edited(path, replacements, appended)
    found = expressions_of(path, appended)
    for (address, code) in replacements
        at = parse.(Int, split(String(address)))
        at[1] <= length(found) || throw(Finding("$path: has no expression number $(at[1])"))
        found[at[1]] = replaced(found[at[1]], at[2:end], Meta.parse(String(code)))
    end
    return found
end

"The top-level expressions of a file and of code appended; none of them is evaluated."
function expressions_of(path, appended = "")
    found = Any[]
    each_expression(Module(:Parsed), abspath(String(path)), String(appended)) do expression, _
        push!(found, expression)
        nothing
    end
    return found
end

function run_recorded(tape, tagger, names, values, words, tags, h_prev, sizes)
    weights = [Symbol(n) => XCheck.copy_of(v) for (n, v) in zip(names, values)]
    kind = promote_type(map(eltype ∘ last, weights)...)
    sentence = XCheck.one_sentence(words, tags, XCheck.copy_of(h_prev), sizes, kind)
    XCheck.set_weights(tagger, weights)
    between(given) = turn!(tape, given)
    run = XCheck.run_once(tagger, sentence, map(first, weights); between = between)
    for (name, gradient) in zip(names, run.gradients)
        returned!(tape, "d$name", gradient)
    end
    return run
end

plain(s::Statement) = (
    join(s.address, " "), s.name, s.line, s.text, s.kind, s.targets, map(k -> k - 1, s.within),
)

pieces(tape) = (
    events = tape.events, accesses = tape.accesses, scopes = tape.scopes, names = tape.names,
    values = tape.values, types = map(T -> lowercase(string(T)), tape.types), pools = tape.pools,
    digests = tape.digests,
)
