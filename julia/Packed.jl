# Many arrays in a few, for the way over the bridge. Included by XCheck.jl.

"""
    examine_packed(tagger, names, values, directions, layout, steps, runs = 2)
        -> ((fingerprint, refusal, bytes, layout), "") or (nothing, problem)

What `examine` does, with all numbers in a few arrays: one that crosses the bridge by itself costs
as much as thousands of entries. Matrices lie there row by row.

- `values`: the parameters, then the hidden state before the first word.
- `directions`: those of all probes.
- `layout`: T, the words and the tags from 1, both sizes, the length of the hidden state, rows and
  columns of each parameter; then of each probe the number of its parameter, of its directions (-1:
  one an entry), of the rows that they move (-1: all), and these rows.

`bytes` holds cost, h, p, the gradients, and the costs of each probe; `layout` of each the number of
its type in KINDS (0: there is none), of its axes, and their lengths.
"""
examine_packed(tagger, names, values, directions, layout, steps, runs = 2) =
    attempt(tagger.path) do
        # Copied here, so that nothing below is compiled anew for each layout of numpy's arrays.
        weights, sentence, probes =
            unpacked(names, copy_of(values), copy_of(directions), Reader(Vector{Int}(layout)))
        held, run, costs, refusal = Base.invokelatest(
            examine_now, tagger, weights, sentence, probes, copy_of(steps), runs,
        )
        arrays = run === nothing ? [] : Any[run.cost, run.h, run.p, run.gradients...]
        return held, refusal, packed([arrays; costs])...
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
next!(reader::Reader, sizes::Tuple) =
    permutedims(reshape(next!(reader, prod(sizes)), reverse(sizes)), length(sizes):-1:1)

function unpacked(names, values, directions, layout)
    T = next!(layout)
    words, tags = next!(layout, T), next!(layout, T)
    sizes, hidden = (next!(layout), next!(layout)), next!(layout)
    numbers, lines = Reader(values), Reader(directions)
    weights = Pair{Symbol,Any}[
        Symbol(name) => next!(numbers, (next!(layout), next!(layout))) for name in names
    ]
    sentence = one_sentence(words, tags, next!(numbers, (1, hidden)), sizes, eltype(values))
    probes = []
    while layout.read < length(layout.list)
        (name, value), k, n = weights[next!(layout)], next!(layout), next!(layout)
        rows = n < 0 ? nothing : next!(layout, n)
        shape = (n < 0 ? size(value, 1) : n, size(value, 2))
        push!(probes, (name, k < 0 ? nothing : next!(lines, (k, shape...)), rows))
    end
    return weights, sentence, probes
end

"Types of numbers that the other side knows as well, see pybridge/sides/packing.py."
const KINDS = (Float64, Float32, Float16, Complex{Float64}, Complex{Float32}, Int64, Bool)

function packed(arrays)
    bytes, layout = IOBuffer(), Int[]
    for array in arrays
        pack!(bytes, layout, array)
    end
    return take!(bytes), layout
end

function pack!(bytes, layout, array)
    kind = findfirst(==(eltype(array)), KINDS)
    kind === nothing && return pack!(bytes, layout, widened(array))
    push!(layout, kind, ndims(array), size(array)...)
    write(bytes, ndims(array) < 2 ? array : permutedims(array, ndims(array):-1:1))
end
pack!(bytes, layout, ::Nothing) = push!(layout, 0)

"Numbers of any other type."
widened(array) = eltype(array) <: Real ? Float64.(array) : Complex{Float64}.(array)
