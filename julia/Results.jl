# What the functions of a tagger file give, in our form. Included by XCheck.jl.

"The cost of a forward pass, one number."
function cost_of(tagger, found)
    cost = found[:cost]
    cost isa Number && return cost
    tagger.adapter.is_own || has_numbers(cost) && length(cost) == 1 && return cost[1]
    name = tagger.adapter.forward.name
    throw(Finding("$(tagger.path): $name returned $(described(cost)), not the cost"))
end

# By methods: `isa AbstractArray{<:Number}`, where nothing is known of a value before, takes Julia a
# microsecond, which for the rows of a short sentence came to a tenth of all that is added here.
has_numbers(::AbstractArray{<:Number}) = true
has_numbers(other) = false
is_matrix(::AbstractMatrix{<:Number}) = true
is_matrix(other) = false

"The gradients of a backward pass, in the order of the parameters, in our form."
function gradients_of(tagger, found, names)
    name = tagger.adapter.backward.name
    all = get(found, :gradients, nothing)
    gradients = []
    for parameter in names
        gradient = get(found, Symbol("d", parameter), nothing)
        all === nothing || (gradient = entry_of(all, tagger, parameter))
        has_numbers(gradient) || throw(
            Finding("$(tagger.path): $name returned $(described(gradient)) for d$parameter"),
        )
        push!(gradients, as_ours(tagger.adapter, parameter, gradient))
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
        e isa Union{DimensionMismatch,BoundsError} || rethrow()
        runs_otherwise(tagger, weights, sentence) || rethrow()
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
    states isa AbstractDict &&
        return stack_rows([get(states, t, nothing) for t in 1:T], name, tagger)
    is_matrix(states) &&
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
    axis = by_column ? 2 : 1
    return [collect(selectdim(matrix, axis, t)) for t in axes(matrix, axis)]
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

"The T rows of `h` or the T vectors of `p` as one T x n matrix, of a concrete element type."
function stack_rows(rows, name, tagger)
    function_name = tagger.adapter.forward.name
    for t in eachindex(rows)
        isassigned(rows, t) && has_numbers(rows[t]) || throw(
            Finding("$(tagger.path): $function_name left no array of numbers in $name[$t]"),
        )
        n, n1 = length(rows[t]), length(rows[1])
        n == n1 ||
            throw(Finding("$(tagger.path): $name[$t] has $n entries and $name[1] has $n1"))
    end
    kind = Union{}
    for row in rows
        kind = promote_type(kind, eltype(row))
    end
    matrix = by_rows(reshape(joined(rows, kind), length(rows[1]), length(rows)))
    return isconcretetype(kind) ? matrix : plain(matrix)
end

function joined(arrays, ::Type{K}) where {K}
    numbers = K[]
    for array in arrays
        append!(numbers, array)
    end
    return numbers
end
