# Runs a statement over given variables, node by node. Julia compiles nothing anew for it, as it
# would for each candidate of a search: what costs a tenth of a second there is microseconds here.

"Variables and what else is known while a statement runs."
mutable struct Bench
    mod::Module                # of the tagger
    variables::Dict{Symbol,Any}
    globals::Dict{Symbol,Any}  # those of the module that were looked up
    held::IdDict{Any,Any}      # values of parts that are the same in all candidates
    stable::IdDict{Any,Bool}   # the parts whose values are held
end

"What a symbol stands for."
function look_up(bench, name)
    found = get(bench.variables, name, bench)
    found === bench || return found
    return get!(() -> Core.eval(bench.mod, name), bench.globals, name)
end

"The value of an expression, or of a statement, which changes the variables."
function value_of(bench, @nospecialize(node))
    node isa Symbol && return look_up(bench, node)
    node isa QuoteNode && return node.value
    node isa Expr || return node
    haskey(bench.stable, node) || return value_of_new(bench, node)
    found = get(bench.held, node, bench)
    found === bench || return found
    return bench.held[node] = value_of_new(bench, node)
end

function value_of_new(bench, node::Expr)
    head, args = node.head, node.args
    head == :call && return value_of_call(bench, node)
    head == QUOTE_MARK && return transposed(value_of(bench, args[1]))
    head == :ref && return value_of_entry(bench, node)
    head == :(=) && routine_of(node, Int[]) === nothing &&
        return assign(bench, args[1], value_of(bench, args[2]))
    if head == :(.) && isfield(node)
        return Base.invokelatest(getproperty, value_of(bench, args[1]), args[2].value)
    elseif head == :(.) && ishead(args[2], :tuple) && !any_named(args[2].args)
        return each(value_of(bench, args[1]), values_in(bench, args[2].args, 1))
    elseif head == :tuple && !any_named(args)
        return Tuple(values_in(bench, args, 1))
    elseif head == :vect && !any_named(args)
        return Base.invokelatest(Base.vect, values_in(bench, args, 1)...)
    elseif head == :hcat || head == :vcat && !any_rows(args)
        return Base.invokelatest(head == :hcat ? hcat : vcat, values_in(bench, args, 1)...)
    elseif head == :block
        last = nothing
        for part in args
            part isa LineNumberNode || (last = value_of(bench, part))
        end
        return last
    elseif head == :if || head == :elseif
        return value_of(bench, args[1]) ? value_of(bench, args[2]) :
            length(args) > 2 ? value_of(bench, args[3]) : nothing
    elseif head == :(&&)
        return value_of(bench, args[1]) && value_of(bench, args[2])
    elseif head == :(||)
        return value_of(bench, args[1]) || value_of(bench, args[2])
    elseif head == :comparison
        return compare(bench, args)
    elseif head == :return || head == :local || head == :global || head == :const
        return value_of(bench, args[end])
    elseif head == :(.=)
        return assign_into(destination(bench, args[1]), value_of(bench, args[2]))
    elseif updates(head)
        return update(bench, node)
    elseif head == :macrocall
        transparent(node) && return value_of(bench, args[end])
        ismacro(node, DOTS) && return value_of(bench, Base.Broadcast.__dot__(args[end]))
        ismacro(node, VIEW) && return value_of(bench, args[end])
    end
    return compiled(bench, node)
end

const QUOTE_MARK = Symbol("'")

any_named(args) = any_head(args, NAMED_PARTS)
any_rows(args) = any_head(args, ROW_PARTS)
const NAMED_PARTS = [:parameters, :(=), :kw, :...]
const ROW_PARTS = [:row, :...]

function any_head(args, heads)
    for part in args
        part isa Expr && part.head in heads && return true
    end
    return false
end

function values_in(bench, args, from)
    found = Any[]
    for i in from:length(args)
        push!(found, value_of(bench, args[i]))
    end
    return found
end

function value_of_call(bench, node)
    name = node.args[1]
    any_named(node.args) && return compiled(bench, node)
    if name isa Symbol && !haskey(bench.variables, name)
        label = string(name)
        if length(label) > 1 && label[1] == '.' && label[2] != '.'
            f = look_up(bench, Symbol(label[nextind(label, 1):end]))
            return each(f, values_in(bench, node.args, 2))
        end
    end
    f = value_of(bench, name)
    arguments = values_in(bench, node.args, 2)
    refuse_matrices(f, arguments)
    length(arguments) == 2 && f isa Function && return two(f, arguments[1], arguments[2])
    if length(arguments) > 2 && (f === (+) || f === (*))
        result = arguments[1]
        for i in 2:length(arguments)
            result = two(f, result, arguments[i])
        end
        return result
    end
    return Base.invokelatest(f, arguments...)
end

function value_of_entry(bench, node)
    array = value_of(bench, node.args[1])
    indices = Any[]
    for i in 2:length(node.args)
        index = node.args[i]
        if mentions(index, ENDS)
            stops = length(node.args) == 2 ? Base.invokelatest(lastindex, array) :
                Base.invokelatest(lastindex, array, i - 1)
            index = without_end(index, stops)
        end
        push!(indices, value_of(bench, index))
    end
    array isa Vector && length(indices) == 1 && indices[1] isa Int && return array[indices[1]]
    return Base.invokelatest(getindex, array, indices...)
end

const ENDS = [:end]

function without_end(@nospecialize(node), stop)
    node === :end && return stop
    node isa Expr || return node
    new = Expr(node.head)
    for part in node.args
        push!(new.args, without_end(part, stop))
    end
    return new
end

function compare(bench, args)
    left = value_of(bench, args[1])
    for i in 2:2:length(args)-1
        right = value_of(bench, args[i+1])
        Base.invokelatest(value_of(bench, args[i]), left, right) || return false
        left = right
    end
    return true
end

# Assignments ----------------------------------------------------------------------------------

function assign(bench, @nospecialize(left), @nospecialize(value))
    if left isa Symbol
        bench.variables[left] = value
    elseif ishead(left, :tuple)
        for (i, part) in enumerate(left.args)
            assign(bench, part, value[i])
        end
    elseif ishead(left, :(::))
        assign(bench, left.args[1], value)
    elseif ishead(left, :ref)
        array = value_of(bench, left.args[1])
        Base.invokelatest(setindex!, array, value, values_in(bench, left.args, 2)...)
    else
        throw(ArgumentError("an assignment of another kind"))
    end
    return value
end

function update(bench, node)
    left, operator = node.args[1], UPDATING[node.head]
    call = Expr(:call, operator, left, node.args[2])
    new = value_of_call(bench, call)
    string(operator)[1] == '.' && return assign_into(destination(bench, left), new)
    return assign(bench, left, new)
end

"The array that `x .= ...` writes into."
function destination(bench, @nospecialize(left))
    left isa Symbol && return look_up(bench, left)
    ishead(left, :macrocall) && return destination(bench, left.args[end])
    ishead(left, :ref) || return value_of(bench, left)
    array = value_of(bench, left.args[1])
    indices = values_in(bench, left.args, 2)
    return Base.invokelatest(Base.dotview, array, indices...)
end

function assign_into(@nospecialize(array), @nospecialize(value))
    array isa AbstractArray || throw(ArgumentError("no array to write into"))
    array isa Array && value isa Array && size(array) == size(value) && return copyto!(array, value)
    return Base.invokelatest(broadcast!, identity, array, value)
end

# What is left to Julia ------------------------------------------------------------------------

"The value of an expression that holds closures, comprehensions, keywords and the like."
function compiled(bench, node)
    bindings = Expr(:block)
    for name in unique(symbols(node))
        haskey(bench.variables, name) || continue
        push!(bindings.args, Expr(:(=), name, QuoteNode(bench.variables[name])))
    end
    return Core.eval(bench.mod, Expr(:let, bindings, Expr(:block, node)))
end
