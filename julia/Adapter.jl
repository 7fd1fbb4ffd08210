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
function adapter_of(forward, backward, globals, biases, columns, vectors, only_functions, within, states)
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

"The words that a function is handed."
words_of(call) = [a.word for a in call.arguments if a.word !== NOTHING]

"Whether the forward pass gives the cost, h or p: returned, or filled in place."
gives(adapter, name) = name in adapter.forward.results || name in words_of(adapter.forward)

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
function set_weight!(tagger, name, value)
    theirs = as_theirs(tagger.adapter, name, value)
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
Give all parameters the element type of the one that is moved: a file that allocates by that of one
of them may fill in numbers that come of another. The question's does not.
"""
function alike!(tagger, kind)
    tagger.adapter.is_own && return
    restore!(tagger, Dict(name => Array{kind}(value) for (name, value) in tagger.held))
end

"Set all parameters to what they are in the file."
function restore!(tagger, held)
    for (name, value) in held
        tagger.held[name] = value
        haskey(tagger.set, name) && tagger.set[name](value)
    end
    return
end

"What the forward pass returned and filled, by name, as the file has it."
function forward(tagger, sentence)
    call = tagger.adapter.forward
    found = Dict{Symbol,Any}()
    for word in words_of(call)
        word in (:h, :p) && (found[word] = to_be_filled(tagger, word, sentence))
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

# Results ---------------------------------------------------------------------------------------

"The cost of a forward pass, one number."
function cost_of(tagger, found)
    cost = found[:cost]
    cost isa Number && return cost
    tagger.adapter.is_own || cost isa AbstractArray{<:Number} && length(cost) == 1 && return cost[1]
    name = tagger.adapter.forward.name
    throw(Finding("$(tagger.path): $name returned $(described(cost)), not the cost"))
end

"The gradients of a backward pass, in the order of the parameters, in our form."
function gradients_of(tagger, found, names)
    name = tagger.adapter.backward.name
    all = get(found, :gradients, nothing)
    gradients = map(names) do parameter
        gradient = get(found, Symbol("d", parameter), nothing)
        all === nothing || (gradient = entry_of(all, tagger, parameter))
        gradient isa AbstractArray{<:Number} || throw(
            Finding("$(tagger.path): $name returned $(described(gradient)) for d$parameter"),
        )
        as_ours(tagger.adapter, parameter, gradient)
    end
    all_turned(tagger, gradients, names) && throw(
        Finding("$(tagger.path): $name returned transposed gradients; $(is_it(tagger.adapter))"),
    )
    return gradients
end

"Whether all matrices are there with their axes exchanged."
function all_turned(tagger, gradients, names)
    tagger.adapter.is_own && return false
    pairs = [
        (size(gradient), size(tagger.held[parameter]))
        for (gradient, parameter) in zip(gradients, names) if !(parameter in tagger.adapter.biases)
    ]
    tagger.adapter.columns && (pairs = [(a, reverse(b)) for (a, b) in pairs])
    telling = filter(((a, b),) -> b != reverse(b), pairs)
    return !isempty(telling) && Base.all(((a, b),) -> a == reverse(b), telling)
end

"""
Call `f()`. Where sizes do not fit each other, and do with the weights transposed, that is what the
error says: a user's adapter is wrong about it.
"""
function hinting(f, tagger, weights, sentence)
    tagger.adapter.is_own && return f()
    try
        return f()
    catch e
        e isa Union{DimensionMismatch,BoundsError} && runs_otherwise(tagger, weights, sentence) || rethrow()
        where_to, _ = place(catch_backtrace(), tagger.path)
        throw(Finding("$where_to: $(first_line(e)); $(is_it(tagger.adapter))"))
    end
end

is_it(adapter) = "is it columns = $(!adapter.columns) in xcheck.toml?"

function runs_otherwise(tagger, weights, sentence)
    a = tagger.adapter
    turned = Adapter(
        a.forward, a.backward, a.globals, a.biases, !a.columns, a.vectors, a.only_functions,
        a.within, a.states, a.is_own,
    )
    other = Tagger(tagger.path, tagger.mod, tagger.set, turned, copy(tagger.held))
    try
        set_weights(other, weights)
        forward(other, sentence)
        return true
    catch
        return false
    finally
        restore!(tagger, tagger.held)
    end
end

"The gradient of a parameter in a dictionary or an object, by its own name or with d before it."
function entry_of(all, tagger, parameter)
    own = get(Dict(tagger.adapter.globals), parameter, parameter)
    for name in (Symbol("d", parameter), parameter, Symbol("d", own), own)
        if all isa AbstractDict
            haskey(all, name) && return all[name]
            haskey(all, string(name)) && return all[string(name)]
        else
            hasproperty(all, name) && return getproperty(all, name)
        end
    end
    throw(Finding("$(tagger.path): the gradients hold no d$parameter"))
end

"""
What a file has kept of every step under the name :h or :p, as a T x n matrix; nothing where it
gives none. A dictionary by step, a vector of steps, or a matrix with the steps along either axis;
there may be one step more, the state before the first word, at either end.
"""
function over_time(tagger, found, name, sentence)
    gives(tagger.adapter, name) || return nothing
    states, T = found[name], length(sentence.x)
    n = size_of(sentence, name === :h ? :hidden : :out)
    states isa AbstractDict && return stack_rows([get(states, t, nothing) for t in 1:T], name, tagger)
    states isa AbstractMatrix{<:Number} &&
        (states = steps_of(tagger, states, name, sentence, T, n))
    states isa AbstractVector || throw(
        Finding("$(tagger.path): $name is $(described(states)), and no list of steps"),
    )
    name === :h && length(states) == T + 1 &&
        (states = without_the_first(tagger, states, sentence.h_prev))
    length(states) == T || tagger.adapter.is_own || throw(
        Finding("$(tagger.path): $name has $(length(states)) steps, and the sentence $T words"),
    )
    return stack_rows(states, name, tagger)
end

"The rows or the columns of a matrix, whichever are the steps."
function steps_of(tagger, matrix, name, sentence, T, n)
    rows = size(matrix, 1) in (T, T + 1) && size(matrix, 2) == n
    columns = size(matrix, 2) in (T, T + 1) && size(matrix, 1) == n
    if rows && columns # as many words as units: with one word more, one of the two axes grows
        longer = merge(sentence, map(push_again, NamedTuple{(:x, :y, :words, :tags)}(sentence)))
        grown = forward(tagger, longer)[name]
        rows = size(grown, 1) != size(matrix, 1)
        columns = size(grown, 2) != size(matrix, 2)
    end
    rows || columns || throw(
        Finding("$(tagger.path): $name is of size $(size(matrix)), and the sentence has $T words"),
    )
    by_column = columns && (!rows || tagger.adapter.columns)
    return by_column ? [matrix[:, t] for t in axes(matrix, 2)] : [matrix[t, :] for t in axes(matrix, 1)]
end

push_again(list) = [list; [list[end]]]

function without_the_first(tagger, states, h_prev)
    is_it(row) = row isa AbstractArray && vec(collect(row)) == vec(h_prev)
    is_it(states[1]) && return states[2:end]
    is_it(states[end]) && return states[1:end-1]
    throw(Finding(
        "$(tagger.path): h has one step more than there are words, and neither end is h_prev",
    ))
end

"The T rows of `h` or the T vectors of `p` as one T x n matrix."
function stack_rows(rows, name, tagger)
    function_name = tagger.adapter.forward.name
    for t in eachindex(rows)
        isassigned(rows, t) && rows[t] isa AbstractArray{<:Number} || throw(
            Finding("$(tagger.path): $function_name left no array of numbers in $name[$t]"),
        )
        n, n1 = length(rows[t]), length(rows[1])
        n == n1 ||
            throw(Finding("$(tagger.path): $name[$t] has $n entries and $name[1] has $n1"))
    end
    return plain(reduce(vcat, [reshape(collect(row), 1, :) for row in rows]))
end
