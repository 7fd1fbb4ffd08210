# Many arrays in a few, for the way over the bridge. Included by XCheck.jl.

"""
    examine_packed(tagger, names, values, directions, layout, steps)
        -> ((fingerprint, refusals, bytes, layout), "") or (nothing, problem)

What `examine` does, for some tasks about one sentence in one go and with all numbers in a few
arrays: one that crosses the bridge by itself costs as much as thousands of entries. Matrices lie
there row by row. The tagger is run twice for the first task, once for one with weights of its own,
and not for any other.

- `names`: those of the parameters, in one text.
- `values`: the parameters, the hidden state before the first word, then the parameters of each task
  with weights of its own.
- `directions`: those of all probes.
- `layout`: T, the words and the tags from 1, both sizes, the length of the hidden state, rows and
  columns of each parameter. Then of each task 1 where it has weights of its own or else 0; how many
  steps it has, and 1 where they are real or else 0; how many probes, and of each how many parameters
  it moves at once, and of each of these its number, that of its directions (-1: one an entry), of
  the rows that they move (-1: all), and these rows.
- `steps`: those of all tasks.

`refusals` has a line for each task. `bytes` holds of each cost, h, p and the gradients, where it was
run, and the costs of each probe, where there are any; `layout` of each array the number of its type
in KINDS (0: there is none), of its axes, and their lengths.
"""
examine_packed(tagger, names, values, directions, layout, steps) =
    attempt(tagger.path) do
        question = Question(names, values, directions, layout, steps)
        fingerprint, refusals, arrays = "", String[], []
        for (i, task) in enumerate(question.tasks)
            runs = i == 1 ? 2 : Int(task.is_own)
            held, run, costs, refusal = Base.invokelatest(
                examine_now, tagger, task.weights, question.sentence, task.probes, task.steps, runs,
            )
            i == 1 && (fingerprint = held)
            push!(refusals, refusal)
            run === nothing || push!(arrays, run.cost, run.h, run.p, run.gradients...)
            append!(arrays, costs)
        end
        return fingerprint, join(refusals, '\n'), packed(arrays)...
    end

"A list that is read from its beginning to its end."
mutable struct Reader{T}
    list::Vector{T}
    read::Int
end
Reader(list) = Reader(list, 0)

"The next of them; the next `n`; the next as an array, of whose axes the last one runs fastest."
next!(reader::Reader) = reader.list[reader.read+=1]
next!(reader::Reader, n) = reader.list[reader.read+1:(reader.read+=n)]
next!(reader::Reader, sizes::Tuple) = by_rows(reshape(next!(reader, prod(sizes)), reverse(sizes)))

"One of several tasks about one sentence; `is_own` says whether no other has the same weights."
struct SubTask
    weights::Weights
    probes::Vector{Probe}
    steps::Vector
    is_own::Bool
end

struct Question
    sentence::NamedTuple
    tasks::Vector{SubTask}
end

function Question(names, values, directions, layout, steps)
    layout, numbers = Reader(layout), Reader(values)
    lines, steps = Reader(directions), Reader(steps)
    T = next!(layout)
    words, tags = next!(layout, T), next!(layout, T)
    sizes, hidden = (next!(layout), next!(layout)), next!(layout)
    shapes = Pair{Symbol,Tuple{Int,Int}}[
        Symbol(name) => (next!(layout), next!(layout)) for name in split(names)
    ]
    shared = next_weights!(numbers, shapes)
    h_prev = next!(numbers, (1, hidden))
    tasks = SubTask[]
    while layout.read < length(layout.list)
        is_own = next!(layout) == 1
        weights = is_own ? next_weights!(numbers, shapes) : shared
        along = next!(steps, next!(layout))
        next!(layout) == 1 && (along = [real(step) for step in along])
        probes = Probe[
            Part[next_part!(layout, lines, weights) for _ in 1:next!(layout)]
            for _ in 1:next!(layout)
        ]
        push!(tasks, SubTask(weights, probes, along, is_own))
    end
    return Question(one_sentence(words, tags, h_prev, sizes, eltype(values)), tasks)
end

next_weights!(numbers, shapes) =
    Pair{Symbol,Any}[name => next!(numbers, shape) for (name, shape) in shapes]

function next_part!(layout, lines, weights)
    (name, value), k, n = weights[next!(layout)], next!(layout), next!(layout)
    rows = n < 0 ? nothing : next!(layout, n)
    shape = (n < 0 ? size(value, 1) : n, size(value, 2))
    return Part(name, k < 0 ? nothing : next!(lines, (k, shape...)), rows)
end

"Types of numbers that the other side knows as well, see pybridge/sides/messages.py."
const KINDS = (Float64, Float32, Float16, Complex{Float64}, Complex{Float32}, Int64, Bool, UInt8)
const NUMBERS = Dict{DataType,Int}(kind => i for (i, kind) in enumerate(KINDS))

function packed(arrays)
    bytes, layout = IOBuffer(), Int[]
    for array in arrays
        pack!(bytes, layout, array)
    end
    return take!(bytes), layout
end

function pack!(bytes, layout, array)
    kind = get(NUMBERS, eltype(array), 0)
    kind == 0 && return pack!(bytes, layout, widened(array))
    push!(layout, kind, ndims(array))
    append!(layout, size(array))
    write(bytes, by_rows(array))
end
pack!(bytes, layout, ::Nothing) = push!(layout, 0)

"An array whose last axis runs slowest, as another one's does fastest."
by_rows(array) = ndims(array) < 2 ? array : permutedims(array, Tuple(ndims(array):-1:1))
by_rows(array::AbstractMatrix) = permutedims(array)

"Numbers of any other type."
widened(array) = eltype(array) <: Real ? Float64.(array) : Complex{Float64}.(array)
