"""
    XCheck

Loads a tagger file into a module of its own, runs it on one sentence, and evaluates its cost along
straight lines through the weights. It knows the contract of a tagger file and nothing of any cell:
parameter names and values are handed in. It judges nothing; that is done once, in Python.

Everything here works on Julia 1.5 to 1.12. Each entry point returns plain arrays, numbers and
strings, and throws nothing: what goes wrong in a user's code comes back as one line with its place.
"""
module XCheck

using SHA: sha256

export load, examine, examine_packed, fingerprint, referee

"Parameters by name, in order."
const Weights = Vector{Pair{Symbol,Any}}

"""
Lines through one parameter: `directions` (k, rows, columns), or `nothing` for one an entry, in
row-major order; `rows` are those that are moved, or `nothing` for all.
"""
struct Part
    name::Symbol
    directions::Any
    rows::Any
end

"Lines through several parameters, which have as many each: the i-th ones of all are one line."
const Probe = Vector{Part}

include("Findings.jl") # first: the others use it
include("Syntax.jl")
include("Adapter.jl")
include("Results.jl")
include("Definitions.jl")
include("Loading.jl")
include("Outline.jl")

"""
    examine(tagger, names, values, words, tags, h_prev, sizes, probes, steps, runs = 2)
        -> ((fingerprint, run, costs, refusal), "") or (nothing, problem)

Run the tagger forward and backward on one sentence, `runs` times, 2 or less; then, for each probe,
a list of `(name, directions, rows)`, evaluate its cost with these rows of all these parameters
`name` moved by `step * direction` at once, for every step.

- `names`, `values`: the parameters, in the order in which `backwardRNN` returns their gradients.
- `words`, `tags`: T indices from 1; `sizes`: lengths of the one-hot vectors x[t] and y[t].
- `probes`: see `Part` and `Probe`.
- `steps`: numbers, imaginary ones for the complex step.

`run` holds cost, h (T, hidden), p (T, out) and the gradients; `costs[i]` is (k, length(steps)).
With less than two runs there is no fingerprint, and with none no run.
A tagger that runs, but whose cost cannot be had at these steps, has no costs and a `refusal`: the
reason why it does not take complex weights, say.
"""
examine(tagger, names, values, words, tags, h_prev, sizes, probes, steps, runs = 2) =
    attempt(tagger.path) do
        # Copied here, so that nothing below is compiled anew for each layout of numpy's arrays.
        weights = Weights([Symbol(n) => copy_of(v) for (n, v) in zip(names, values)])
        kind = promote_type(eltype.(last.(weights))...)
        sentence = one_sentence(words, tags, copy_of(h_prev), sizes, kind)
        parts = Probe[Part[Part(Symbol(p[1]), p[2], p[3]) for p in probe] for probe in probes]
        Base.invokelatest(examine_now, tagger, weights, sentence, parts, copy_of(steps), runs)
    end

function examine_now(tagger, weights, sentence, probes, steps, runs)
    set_weights(tagger, weights)
    names, values = Symbol[name for (name, _) in weights], Any[value for (_, value) in weights]
    held = runs == 2 ? fingerprint(names, values) : ""
    before = Any[copy(value) for value in values] # comparing is faster than to hash them once more
    run = hinting(tagger, weights, sentence) do
        runs == 2 && return run_twice(tagger, sentence, names)
        runs == 1 ? run_once(tagger, sentence, names) : nothing
    end
    costs, refusal = attempt(tagger.path) do
        found = []
        for parts in probes
            push!(found, costs_along(tagger, sentence, weights, parts, steps))
        end
        found
    end
    isequal(values, before) ||
        throw(Finding("$(tagger.path): the weights are not what they were before the run"))
    return held, run, refusal == "" ? costs : [], refusal
end

"One-hot x[t] and y[t] of element type `kind`, and the hidden state before the first word."
one_sentence(words, tags, h_prev, sizes, kind) = (
    x = onehots(words, sizes[1], kind),
    y = onehots(tags, sizes[2], kind),
    h_prev = h_prev,
    words = Vector{Int}(words),
    tags = Vector{Int}(tags),
    sizes = sizes,
)

"Two runs of the same input; a tagger that keeps state between calls gives itself away."
function run_twice(tagger, sentence, names)
    run, again = (run_once(tagger, sentence, names) for _ in 1:2)
    keeps_state(name) = throw(
        Finding("$(tagger.path): keeps state between calls: the same input gives another $name"),
    )
    for name in (:cost, :h, :p)
        isequal(run[name], again[name]) || keeps_state(name)
    end
    for (name, once, twice) in zip(names, run.gradients, again.gradients)
        isequal(once, twice) || keeps_state("d$name")
    end
    return run
end

"""
Forward and backward pass; every array copied, the rows of h and p stacked over time. What the file
does not give is `nothing`. `between` is called with what the forward pass has given.
"""
function run_once(tagger, sentence, names; between = given -> nothing)
    found = forward(tagger, sentence)
    h, p = (over_time(tagger, found, name, sentence) for name in (:h, :p))
    given = (cost = fill(cost_of(tagger, found)), h = h, p = p)
    between(given)
    gradients = gradients_of(tagger, backward(tagger, sentence, found), names)
    return merge(given, (gradients = Tuple(map(plain, gradients)),))
end

"""
Cost of the sentence at `value + step * direction`, for every direction (rows) and step (columns).
The weights are what they were afterwards.
"""
function costs_along(tagger, sentence, weights, parts, steps)
    moving = Moving[moving_along(weights, part, eltype(steps)) for part in parts]
    costs = zeros(eltype(moving[1].moved), count_of(moving[1]), length(steps))
    before = copy(tagger.held)
    try
        foreach(one -> set_weight!(tagger, one.name, one.moved), moving)
        alike!(tagger, eltype(costs))
        for (j, step) in enumerate(steps), i in axes(costs, 1)
            for one in moving
                move!(one.moved, one.value, one.lines, i, step)
                has_copies(tagger.adapter) && set_weight!(tagger, one.name, one.moved)
            end
            costs[i, j] = cost_of(tagger, forward(tagger, sentence))
        end
    finally
        restore!(tagger, before)
    end
    return costs
end

"A parameter that is moved, and along which lines."
struct Moving
    name::Symbol
    value::Matrix
    moved::Matrix
    lines::Any
end

function moving_along(weights, part, kind)
    value = last(weights[findfirst(pair -> first(pair) === part.name, weights)])
    whole = part.directions === nothing
    lines = whole ? EveryEntry() : Lines(part.directions, part.rows, value)
    return Moving(part.name, value, widened_to(kind, value), lines)
end

"A copy of an array with an element type that holds `kind` as well."
widened_to(::Type{K}, array::Array{T}) where {K,T} = copy_as(promote_type(T, K), array)

"One direction for each entry of a parameter, in row-major order."
struct EveryEntry end

"Directions, each a row of `flat`, through some `rows` of a parameter."
struct Lines
    flat::Matrix{Float64}
    rows::Vector{Int}
end
Lines(directions, rows, value) = Lines(
    reshape(copy_of(directions), size(directions, 1), :),
    rows === nothing ? collect(axes(value, 1)) : Vector{Int}(rows),
)

count_of(one) = one.lines isa Lines ? size(one.lines.flat, 1) : length(one.value)

"Set `moved`, which is `value` in all other rows, to `value + step * direction` along line `i`."
function move!(moved, value, lines::Lines, i, step)
    j = 0
    for column in axes(value, 2), row in lines.rows
        j += 1
        moved[row, column] = value[row, column] + step * lines.flat[i, j]
    end
end
function move!(moved, value, ::EveryEntry, i, step)
    row, column = fldmod1(i, size(value, 2))
    copyto!(moved, value)
    moved[row, column] += step
end

"""
    fingerprint(names, values) -> lower-case hexadecimal SHA-256

Of each name, shape and row-major little-endian bytes, exactly as `pybridge.weights` does it.
"""
function fingerprint(names, values)
    bytes = IOBuffer()
    for (name, value) in zip(names, values)
        array = copy_of(value)
        print(bytes, name, " ", lowercase(string(eltype(array))), " ", join(size(array), "x"), "\n")
        write(bytes, permutedims(array))
    end
    return bytes2hex(sha256(take!(bytes)))
end

slots(T) = Vector{Any}(undef, T)

"Julia's own copy, never a view of numpy's memory."
copy_of(array) = Array{eltype(array),ndims(array)}(array)

"The same, of another element type."
copy_as(::Type{K}, array::AbstractArray{<:Any,N}) where {K,N} = Array{K,N}(array)

"The same, of a concrete element type."
plain(array) = copy_of(map(identity, array))

onehots(indices, size, ::Type{K}) where {K} = Vector{K}[onehot(i, size, K) for i in indices]

function onehot(index, size, ::Type{K}) where {K}
    vector = zeros(K, size)
    vector[index] = 1
    return vector
end

described(value) = value isa Tuple ? "$(length(value)) values" : "a value of type $(typeof(value))"

include("Packed.jl")
include("Messages.jl")
include("Referee.jl")
include("Precompile.jl")
if ccall(:jl_generating_output, Cint, ()) == 1
    foreach(((f, types),) -> precompile(f, types), CALLS)
end

end
