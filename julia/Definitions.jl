# Which expressions of a file are loaded, and in which form. Included by XCheck.jl.

"""
An expression of a file as it is loaded under an adapter: a global that is to be set is no constant
and has no type of its own, and with `only_functions` what is no definition is left out.
"""
function prepared(adapter, @nospecialize(expression))
    expression = unfixed(expression, last.(adapter.globals))
    return adapter.only_functions ? definitions_of(expression, last.(adapter.globals)) : expression
end

const SCOPES = (:module, :block, :toplevel, :if, :elseif, :macrocall)

"Without `const` before, and `::T` behind, a global of these names."
function unfixed(@nospecialize(node), names)
    node isa Expr || return node
    node.head === :const && !isempty(intersect(targets_of(node.args[1]), names)) &&
        return unfixed(node.args[1], names)
    if node.head === :global && length(node.args) == 1 && is_plain_assignment(node.args[1])
        return unfixed(node.args[1], names)
    elseif is_plain_assignment(node)
        left = node.args[1]
        typed = left isa Expr && left.head === :(::) && left.args[1] in names
        return typed ? Expr(node.head, left.args[1], node.args[2]) : node
    end
    node.head in SCOPES || return node
    return of_args(node, Any[unfixed(part, names) for part in node.args])
end

of_args(node, args) = (new = Expr(node.head); append!(new.args, args); new)

is_plain_assignment(@nospecialize(node)) =
    node isa Expr && node.head === :(=) && !is_signature(node.args[1])

"The variables that an assignment is to."
function targets_of(@nospecialize(node))
    node isa Symbol && return Symbol[node]
    node isa Expr || return Symbol[]
    node.head in (:(=), :(::), :global) && return targets_of(node.args[1])
    node.head === :tuple && return reduce(vcat, map(targets_of, node.args); init = Symbol[])
    return Symbol[]
end

"Whether the left side of `=`, or the first part of `function`, is f(x), f(x) where T, f(x)::T."
function is_signature(@nospecialize(node))
    while node isa Expr && node.head in (:where, :(::)) && !isempty(node.args)
        node = node.args[1]
    end
    return node isa Expr && node.head === :call
end

const DEFINING =
    (:function, :macro, :struct, :abstract, :primitive, :using, :import, :export, :bitstype, :type)

"The definitions in an expression; `nothing` where there are none."
function definitions_of(@nospecialize(node), globals)
    node isa LineNumberNode && return node
    node isa Expr || return nothing
    head = node.head
    if head === :module
        inner = Any[definitions_of(part, globals) for part in node.args[3].args]
        return Expr(:module, node.args[1], node.args[2], of_args(node.args[3], inner))
    elseif head === :macrocall && node.args[end] isa Expr && node.args[end].head === :module
        inner = definitions_of(node.args[end], globals) # a module with a text before it
        return of_args(node, Any[node.args[1:end-1]; inner])
    elseif head in (:block, :toplevel)
        return of_args(node, Any[definitions_of(part, globals) for part in node.args])
    elseif head === :call && node.args[1] === :include && length(node.args) == 2
        return Expr(:call, :include, part -> definitions_of(part, globals), node.args[2])
    end
    return is_definition(node, globals) ? node : nothing
end

"Whether an expression defines something and does nothing else."
function is_definition(@nospecialize(node), globals)
    node isa LineNumberNode && return true
    node isa Expr || return false
    head = node.head
    (head in DEFINING || head === :error || head === :incomplete) && return true
    head === :const && return isempty(intersect(targets_of(node.args[1]), globals))
    head === :global && return all(part -> part isa Symbol, node.args)
    if head === :(=)
        is_signature(node.args[1]) && return true
        return is_constant(node.args[2]) && isempty(intersect(targets_of(node), globals))
    elseif head === :macrocall
        return is_definition(node.args[end], globals) || node.args[1] === Symbol("@enum")
    elseif head in (:if, :block) # such as a function for older versions of Julia
        parts = head === :if ? node.args[2:end] : node.args
        return all(part -> is_definition(part, globals), parts)
    end
    return false
end

"Whether a value is there without a call: a number, a text, a list of such, a function."
function is_constant(@nospecialize(node))
    node isa Union{Number,AbstractString,QuoteNode,Char,Nothing} && return true
    node isa Expr || return node in (:true, :false, :nothing, :π, :pi)
    node.head === :-> && return true
    node.head === :call && node.args[1] in (:-, :+, :/, :*, ://, :^) &&
        return all(is_constant, node.args[2:end])
    return node.head in (:tuple, :vect) && all(is_constant, node.args)
end
