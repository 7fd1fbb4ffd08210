"""
    Train

Trains a tagger file: one sentence an update, each over the rows of its own words. The loop is here,
so that Python is asked for nothing on the way. `XCheck.jl` has to be included before, and says how
the functions of the file are called. pybridge/train/ does the same in Python, to the last bit where
the gradients are the same.

Everything here works on Julia 1.5 to 1.12. Each entry point returns plain arrays and numbers, and
throws nothing.
"""
module Train

import ..XCheck
using ..XCheck: Finding, attempt, backward, copy_of, cost_of, forward, gradients_of, one_sentence,
    set_weight!

export learn, singles

const EPSILON = 1e-8 # as in pybridge/train/optimizer.py

"The parameters by name, and which of them have a row for each word of the vocabulary."
struct Cell
    names::Vector{Symbol}
    shapes::Vector{Tuple{Int,Int}} # with a row for each word: (0, length of a row)
    by_word::Vector{Bool}
    hidden::Int
    outputs::Int
end

"All sentences: words and tags one after the other, and where each begins; all from 1."
struct Corpus
    words::Vector{Int}
    tags::Vector{Int}
    starts::Vector{Int} # one more than there are sentences
end

"What an update is: `adagrad` or plain steps."
struct Rule
    adagrad::Bool
    rate::Float64
    clip::Float64
end

cell_of(names, shapes, hidden, outputs) = Cell(
    [Symbol(String(name)) for name in names],
    [(Int(rows), Int(columns)) for (rows, columns) in shapes],
    [rows == 0 for (rows, _) in shapes],
    hidden,
    outputs,
)

corpus_of(words, tags, starts) = Corpus(Vector{Int}(words), Vector{Int}(tags), Vector{Int}(starts))

rule_of(optimizer, rate, clip) = Rule(String(optimizer) == "adagrad", rate, clip)

"""
    learn(tagger, cell, corpus, rule, values, memories, order, stop)
        -> ((values, memories, costs, broken), "") or (nothing, problem)

One update for each sentence of `order`. `cell`, `corpus` and `rule` are the arguments of `cell_of`,
`corpus_of` and `rule_of`; `values` and `memories` are arrays in the order of the parameters.
`costs[i]` is the cost of the i-th sentence before its update, in nats. It ends early where a file
named `stop` is there, and before the update of a sentence whose cost is not finite: `broken`.
"""
learn(tagger, cell, corpus, rule, values, memories, order, stop) = attempt(tagger.path) do
    Base.invokelatest(
        learn_now, tagger, cell_of(cell...), corpus_of(corpus...), rule_of(rule...),
        [copy_of(v) for v in values], [copy_of(m) for m in memories], Vector{Int}(order),
        String(stop),
    )
end

function learn_now(tagger, cell, corpus, rule, weights, memories, order, stop)
    costs = Float64[]
    for number in order
        rows, sentence = sentence_of(corpus, number, cell)
        own = rows_of(cell, weights, rows)
        memory = rows_of(cell, memories, rows)
        cost, gradients = passes(tagger, cell, own, sentence)
        gradients === nothing && return weights, memories, costs, true
        update!(own, memory, gradients, rule)
        put!(cell, weights, own, rows)
        put!(cell, memories, memory, rows)
        push!(costs, cost)
        isfile(stop) && break
    end
    return weights, memories, costs, false
end

"""
    singles(tagger, cell, corpus, rule, numbers, values, memories)
        -> ((costs, gradients, after), "") or (nothing, problem)

One update of each of these sentences, each by itself. `values` are the weights that they start
from, one flat vector after the other in a long one: the parameters that all sentences share, then
the rows of the sentence's own words, row-major. So are `memories`, `gradients` (before they are
clipped) and `after`.
"""
singles(tagger, cell, corpus, rule, numbers, values, memories) = attempt(tagger.path) do
    Base.invokelatest(
        singles_now, tagger, cell_of(cell...), corpus_of(corpus...), rule_of(rule...),
        Vector{Int}(numbers), copy_of(values), copy_of(memories),
    )
end

function singles_now(tagger, cell, corpus, rule, numbers, values, memories)
    costs, found, after = Float64[], Float64[], Float64[]
    at = 0
    for number in numbers
        rows, sentence = sentence_of(corpus, number, cell)
        own, next = unpacked(cell, values, at, length(rows))
        memory, _ = unpacked(cell, memories, at, length(rows))
        cost, gradients = passes(tagger, cell, own, sentence)
        gradients === nothing && (gradients = [fill(NaN, size(w)) for w in own])
        append!(found, packed(cell, gradients))
        update!(own, memory, gradients, rule)
        append!(after, packed(cell, own))
        push!(costs, cost)
        at = next
    end
    return costs, found, after
end

"The own words of a sentence, ascending, and the sentence over them."
function sentence_of(corpus, number, cell)
    place = corpus.starts[number]:corpus.starts[number+1]-1
    words = corpus.words[place]
    rows = sort(unique(words))
    own = [searchsortedfirst(rows, word) for word in words]
    sizes = (length(rows), cell.outputs)
    return rows, one_sentence(own, corpus.tags[place], zeros(1, cell.hidden), sizes, Float64)
end

rows_of(cell, arrays, rows) =
    [by_word ? array[rows, :] : array for (array, by_word) in zip(arrays, cell.by_word)]

function put!(cell, arrays, own, rows)
    for (array, changed, by_word) in zip(arrays, own, cell.by_word)
        by_word && (array[rows, :] = changed) # the others are the same arrays
    end
end

"The cost, and the gradients in the order of the parameters; nothing where it is not finite."
function passes(tagger, cell, weights, sentence)
    for (name, weight) in zip(cell.names, weights)
        set_weight!(tagger, name, weight)
    end
    found = forward(tagger, sentence)
    cost = Float64(real(cost_of(tagger, found)))
    isfinite(cost) || return cost, nothing
    gradients = gradients_of(tagger, backward(tagger, sentence, found), cell.names)
    for (name, weight, gradient) in zip(cell.names, weights, gradients)
        size(gradient) == size(weight) || throw(Finding(
            "$(tagger.path): d$name is of size $(size(gradient)), and $name of $(size(weight))",
        ))
    end
    return cost, [Array{Float64}(real(gradient)) for gradient in gradients]
end

"Subtract the step from every entry; in the order of operations of pybridge/train/optimizer.py."
function update!(weights, memories, gradients, rule)
    for (weight, memory, gradient) in zip(weights, memories, gradients)
        update_one!(weight, memory, gradient, rule)
    end
end

function update_one!(weight, memory, gradient, rule)
    for i in eachindex(weight)
        slope = clamp(gradient[i], -rule.clip, rule.clip)
        if rule.adagrad
            memory[i] += slope * slope
            weight[i] -= slope * rule.rate / sqrt(memory[i] + EPSILON)
        else
            weight[i] -= slope * rule.rate
        end
    end
end

# Flat vectors -----------------------------------------------------------------------------------

"Where parameters are in a flat vector: first those that all sentences share."
places(cell) = [findall(.!cell.by_word); findall(cell.by_word)]

"The arrays in a flat vector that begins after `at`, and where it ends."
function unpacked(cell, vector, at, words)
    arrays = Vector{Matrix{Float64}}(undef, length(cell.names))
    for i in places(cell)
        rows, columns = cell.by_word[i] ? words : cell.shapes[i][1], cell.shapes[i][2]
        arrays[i] = permutedims(reshape(vector[at+1:at+rows*columns], columns, rows))
        at += rows * columns
    end
    return arrays, at
end

packed(cell, arrays) = reduce(vcat, [vec(permutedims(arrays[i])) for i in places(cell)])

end
