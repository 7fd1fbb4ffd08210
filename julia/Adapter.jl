# How the functions of a tagger file are called: what they are handed, and what they give. Included
# by XCheck.jl. What is here goes by the adapter alone; the question's form is one like any other.

"An argument: a word of the adapter or the name of a parameter; or, without one, a value."
struct Argument
    word::Symbol
    keyword::Symbol # empty: by position
    value::Any
end

"A function, its arguments, and the names of its results; `_` is ignored, and so is the `rest`."
struct Call
    name::Symbol
    arguments::Vector{Argument}
    results::Vector{Symbol}
    rest::Bool
end

"""
How a file is called and in which form it has its arrays.

`globals` pairs words and parameters with the globals that they are set to; in `columns` weights are
(to, from) and states columns; with `vectors` biases and states have one axis; `within` is the path
of the module of the functions; `states` is what forward is handed to fill with h and p.
"""
struct Adapter
    forward::Call
    backward::Call
    globals::Vector{Pair{Symbol,Symbol}}
    biases::Vector{Symbol}
    columns::Bool
    vectors::Bool
    only_functions::Bool
    within::Vector{Symbol}
    states::Symbol
    is_own::Bool # no table of a user's says so
end

const NOTHING = Symbol("")

"The form of the question, over these parameters."
function contract(parameters)
    arguments = [Argument(word, NOTHING, nothing) for word in (:x, :y, :h, :p, :h_prev)]
    names = Symbol.(collect(parameters))
    return Adapter(
        Call(:forwardRNN, arguments, [:cost], false),
        Call(:backwardRNN, arguments, Symbol.("d", names), false),
        [name => name for name in names], Symbol[], false, false, false, Symbol[], :list, true,
    )
end

"""
An adapter from plain pieces: forward and backward, each `(name, arguments, results, rest)` with
arguments `(word, keyword, literal)`, then the other fields of `Adapter`, all names as strings.
"""
function adapter_of(
    forward, backward, globals, biases, columns, vectors, only_functions, within, states,
)
    symbols(texts) = Symbol[Symbol(String(t)) for t in texts]
    path = split(String(within), '.'; keepempty = false)
    pairs = [Symbol(String(word)) => Symbol(String(name)) for (word, name) in globals]
    return Adapter(
        call_of(forward...), call_of(backward...), pairs, symbols(biases), columns, vectors,
        only_functions, symbols(path), Symbol(String(states)), false,
    )
end

call_of(name, arguments, results, rest) = Call(
    Symbol(String(name)),
    [
        Argument(Symbol(String(w)), Symbol(String(k)), literal(String(code)))
        for (w, k, code) in arguments
    ],
    [Symbol(String(r)) for r in results],
    rest,
)

"The value of a literal: a number, true, false, nothing."
literal(code) = code in ("", "nothing") ? nothing : Meta.parse(code)

is_handed(call, word) = any(argument -> argument.word === word, call.arguments)

"Whether the forward pass gives the cost, h or p: returned, or filled in place."
gives(adapter, name) = name in adapter.forward.results || is_handed(adapter.forward, name)

# Arrays, as we have them and as the file has them ----------------------------------------------

"A parameter as the file has it; the same array where the file has it as we do."
function as_theirs(adapter, name, value)
    name in adapter.biases && return row_as_theirs(adapter, value)
    return adapter.columns ? permutedims(value) : value
end

"A row (1, n) as the file has it."
function row_as_theirs(adapter, row)
    adapter.vectors && return vec(copy(row))
    return adapter.columns ? permutedims(row) : row
end

"The way back, of a gradient. What has no shape that it could have comes back as it is."
function as_ours(adapter, name, array)
    name in adapter.biases && adapter.vectors && ndims(array) == 1 && return permutedims(array)
    return adapter.columns && ndims(array) == 2 ? permutedims(array) : array
end

"Whether the file holds arrays of its own, to be set anew whenever a weight moves."
has_copies(adapter) = adapter.columns || adapter.vectors

# Calls -----------------------------------------------------------------------------------------

"Set a parameter, in the form of the file."
set_weight!(tagger, name, value) = hold!(tagger, name, as_theirs(tagger.adapter, name, value))

"Set a parameter, which is in the form of the file already."
function hold!(tagger, name, theirs)
    tagger.held[name] = theirs
    haskey(tagger.set, name) && tagger.set[name](theirs)
    return
end

function set_weights(tagger, weights)
    for (name, value) in weights
        set_weight!(tagger, name, value)
    end
end

"""
Give all parameters the element type of those that are moved: a file that allocates by that of one
of them may fill in numbers that come of another; and of sums and products of two types Julia would
compile one for each parameter, which took a second.
"""
function alike!(tagger, kind)
    for (name, value) in copy(tagger.held)
        eltype(value) === kind || hold!(tagger, name, copy_as(kind, value))
    end
end

"Set all parameters to what they were in the file."
restore!(tagger, held) = foreach(((name, value),) -> hold!(tagger, name, value), held)

"What the forward pass returned and filled, by name, as the file has it."
function forward(tagger, sentence)
    call = tagger.adapter.forward
    found = Dict{Symbol,Any}()
    for word in (:h, :p)
        is_handed(call, word) && (found[word] = to_be_filled(tagger, word, sentence))
    end
    return called!(found, tagger, call, sentence)
end

"What the backward pass returned, by name; `found` is what forward has left behind."
backward(tagger, sentence, found) =
    called!(copy(found), tagger, tagger.adapter.backward, sentence)

"Call a function and add its results to what is `found` by name."
function called!(found, tagger, call, sentence)
    for (word, _) in tagger.adapter.globals
        haskey(tagger.held, word) || tagger.set[word](handed(tagger, word, sentence, found))
    end
    values, keywords = Any[], Pair{Symbol,Any}[]
    for a in call.arguments
        value = a.word === NOTHING ? a.value : handed(tagger, a.word, sentence, found)
        a.keyword === NOTHING ? push!(values, value) : push!(keywords, a.keyword => value)
    end
    f = getfield(tagger.mod, call.name)
    returned = isempty(keywords) ? f(values...) : f(values...; keywords...)
    return named!(found, tagger, call, returned)
end

function named!(found, tagger, call, returned)
    results = call.results
    if length(results) == 1 && !call.rest
        found[results[1]] = returned
        return found
    end
    wanted = join(results, ", ")
    several = tagger.adapter.is_own ? Tuple : Union{Tuple,NamedTuple,Vector}
    many = returned isa several ? length(returned) : 0
    many == length(results) || (call.rest && many > length(results)) || throw(
        Finding("$(tagger.path): $(call.name) returned $(described(returned)), not $wanted"),
    )
    for (name, value) in zip(results, returned)
        name === :_ || (found[name] = value)
    end
    return found
end

"What a function is handed under a name of the adapter."
function handed(tagger, word, sentence, found)
    haskey(found, word) && return found[word]
    haskey(tagger.held, word) && return tagger.held[word]
    word in (:x, :y, :words, :tags) && return sentence[word]
    word === :h_prev && return h_prev_of(tagger, sentence)
    word === :X && return as_matrix(tagger.adapter, sentence.x)
    word === :Y && return as_matrix(tagger.adapter, sentence.y)
    word === :weights && return (; tagger.held...)
    word === :params && return Dict(string(n) => tagger.held[w] for (w, n) in names_of(tagger))
    return size_of(sentence, word)
end

"The state before the first word; as in `alike!`, of the type of the parameters."
function h_prev_of(tagger, sentence)
    row = row_as_theirs(tagger.adapter, sentence.h_prev)
    return tagger.adapter.is_own ? row : Array{kind_of(tagger)}(row)
end

kind_of(tagger) = promote_type(map(eltype, collect(values(tagger.held)))...)

names_of(tagger) = [pair for pair in tagger.adapter.globals if haskey(tagger.held, pair[1])]

as_matrix(adapter, vectors) =
    adapter.columns ? reduce(hcat, vectors) : permutedims(reduce(hcat, vectors))

"How many words of the vocabulary (`in`), hidden units or tags (`out`) there are."
size_of(sentence, what) =
    what === :hidden ? length(sentence.h_prev) : sentence.sizes[what === :in ? 1 : 2]

function to_be_filled(tagger, word, sentence)
    T = length(sentence.x)
    states = tagger.adapter.states
    states === :dict && return Dict{Any,Any}()
    states === :list && return slots(T)
    kind = kind_of(tagger)
    n = size_of(sentence, word === :h ? :hidden : :out)
    return tagger.adapter.columns ? zeros(kind, n, T) : zeros(kind, T, n)
end
