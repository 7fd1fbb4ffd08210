# What is in a tagger file, from its syntax tree; nothing of it is run. Included by XCheck.jl.

"""
    outline(path) -> ((functions, shapes, left_out, made, modules), "") or (nothing, problem)

What `xcheck init` goes by. `functions` are named tuples of strings, as `Function` in
pybridge/init/__init__.py has them; `shapes` pairs arrays with the sizes they are made with;
`left_out` is what is no definition, `(line, text)`; `made` are the names that definitions make.
"""
outline(path) = attempt(path) do
    found = (functions = [], shapes = [], left_out = [], made = String[], modules = String[])
    line = Ref(0)
    parsed = Meta.parse(string("begin\n", read(String(path), String), "\nend"); raise = false)
    if parsed isa Expr && parsed.head in (:error, :incomplete)
        # Once more, for a message with the line in it.
        each_expression((expression, _) -> nothing, Module(:Parsed), abspath(String(path)))
        throw(Finding("$(abspath(String(path))): cannot be parsed"))
    end
    outline!(found, parsed, "", line)
    found
end

function outline!(found, @nospecialize(node), within, line)
    node isa LineNumberNode && return line[] = node.line - 1 # of the `begin` around it
    node isa Expr || return
    head = node.head
    if head === :module
        name = string(node.args[2])
        path = isempty(within) ? name : "$within.$name"
        push!(found.modules, path)
        outline!(found, node.args[3], path, line)
    elseif head in (:block, :toplevel)
        foreach(part -> outline!(found, part, within, line), node.args)
    elseif head === :macrocall && (is_definition(node.args[end], ()) || is_module(node.args[end]))
        outline!(found, node.args[end], within, line)
    elseif head in (:function, :(=)) && is_signature(node.args[1])
        push!(found.functions, described(node, within, line[]))
        local_shapes = []
        note_shapes!(local_shapes, node.args[2])
        append!(found.shapes, filter(pair -> startswith(pair[1], "d"), local_shapes))
        push!(found.made, string(name_of(node.args[1])))
    else
        note_shapes!(found.shapes, node)
        if is_definition(node, ())
            append!(found.made, string.(targets_of(head === :const ? node.args[1] : node)))
        elseif !(head === :macrocall && node.args[1] === Symbol("@doc"))
            push!(found.left_out, (line[], shortened(text(node))))
        end
    end
    return
end

is_module(@nospecialize(node)) = node isa Expr && node.head === :module

shortened(line) = length(line) > 60 ? string(first(line, 60), "...") : line

function name_of(@nospecialize(signature))
    while signature isa Expr && signature.head in (:where, :(::))
        signature = signature.args[1]
    end
    return signature.args[1]
end

"A function, as plain text."
function described(node, within, line)
    signature = node.args[1]
    while signature.head in (:where, :(::))
        signature = signature.args[1]
    end
    positional, optional, keywords, optional_keywords = String[], String[], String[], String[]
    types = Tuple{String,String}[]
    for argument in signature.args[2:end]
        several = argument isa Expr && argument.head === :parameters
        for part in (several ? argument.args : (argument,))
            has_default = part isa Expr && part.head === :kw
            typed = has_default ? part.args[1] : part
            name = argument_of(typed)
            name === nothing && continue
            typed isa Expr && push!(types, (name, string(typed.args[end])))
            push!(several ? (has_default ? optional_keywords : keywords) :
                  (has_default ? optional : positional), name)
        end
    end
    own = Set([positional; optional; keywords; optional_keywords])
    seen = (
        assigned = Set{String}(), read = Set{String}(), filled = Set{String}(),
        indexing = Set{String}(), two_places = Set{String}(), zeroth = Set{String}(),
        fields = Set{String}(), keys = Set{String}(), products = Tuple{String,String}[],
        lookups = Tuple{String,Int}[],
    )
    look!(seen, node.args[2])
    return (
        name = string(signature.args[1]), line = line, module_ = within,
        arguments = positional, optional = optional, keywords = keywords,
        optional_keywords = optional_keywords, results = results_of(node.args[2]),
        filled = listed(intersect(seen.filled, own)),
        reads = listed(setdiff(seen.read, seen.assigned, own)),
        indexing = listed(seen.indexing), two_places = listed(seen.two_places),
        zeroth = listed(seen.zeroth), fields = listed(seen.fields), keys = listed(seen.keys),
        products = seen.products, lookups = seen.lookups, types = types,
    )
end

listed(names) = sort!(collect(names))

function argument_of(@nospecialize(node))
    node isa Symbol && return string(node)
    typed = node isa Expr && node.head === :(::) && length(node.args) == 2
    return typed ? argument_of(node.args[1]) : nothing
end

"Walk through the body of a function."
function look!(seen, @nospecialize(node))
    node isa Symbol && push!(seen.read, string(node))
    node isa Expr || return
    head, args = node.head, node.args
    if head === :(=) || haskey(ASSIGNING, head)
        for target in targets_of(args[1])
            push!(seen.assigned, string(target))
        end
        left = args[1]
        left isa Expr && left.head === :ref && push!(seen.filled, base_of(left))
    elseif head === :global
        return
    elseif head === :. && length(args) == 2 && args[2] isa QuoteNode
        push!(seen.fields, base_of(args[1]))
    elseif head === :ref
        index!(seen, args)
    elseif head === :call && args[1] === :* && length(args) == 3
        push!(seen.products, (factor_of(args[2]), factor_of(args[3])))
    elseif head === :call && args[1] in (:push!, :append!) && length(args) > 1
        push!(seen.filled, base_of(args[2]))
    end
    # Not the names of keywords, nor those of the parts of a named tuple.
    parts = head === :kw ? args[2:end] : args
    named = head === :tuple || head === :parameters
    for part in parts
        look!(seen, named && part isa Expr && part.head === :(=) ? part.args[2] : part)
    end
end

const ASSIGNING = Dict(Symbol(o) => true for o in ("+=", "-=", "*=", "/=", ".=", ".+=", ".-="))

function index!(seen, args)
    name, places = base_of(args[1]), args[2:end]
    for (i, place) in enumerate(places)
        inside = string.(filter(s -> !(s in (:end, :(:), :+, :-)), symbols(place)))
        union!(seen.indexing, inside)
        others = [p for (j, p) in enumerate(places) if j != i]
        isempty(inside) || !all(p -> p === :(:), others) || push!(seen.lookups, (name, i - 1))
    end
    length(places) > 1 && push!(seen.two_places, name)
    place = length(places) == 1 ? places[1] : nothing
    place isa Union{String,QuoteNode} && push!(seen.keys, name)
    place == 0 && push!(seen.zeroth, name)
end

"The name that an index or a field is of."
function base_of(@nospecialize(node))
    while node isa Expr && node.head in (:ref, :., Symbol("'"))
        node = node.args[1]
    end
    return node isa Symbol ? string(node) : ""
end

"The name of a factor, with `.T` where it is transposed."
function factor_of(@nospecialize(node))
    node isa Expr && node.head === Symbol("'") && return string(factor_of(node.args[1]), ".T")
    iscall(node, :transpose, :permutedims, :adjoint) &&
        return string(factor_of(node.args[2]), ".T")
    iscall(node, :vec) && return factor_of(node.args[2])
    node isa Expr && node.head === :. && node.args[2] isa QuoteNode &&
        return string(node.args[2].value)
    if node isa Expr && node.head === :ref && length(node.args) == 2
        key = node.args[2]
        key isa Union{String,QuoteNode} && return key isa String ? key : string(key.value)
    end
    return base_of(node)
end

"The names of what a body returns last; empty for what is no name, `{}` for a dictionary."
function results_of(@nospecialize(body))
    value = last_value(body)
    value isa Expr && value.head === :return && (value = value.args[1])
    value isa Expr && value.head === :tuple || return [result_of(value)]
    parts = value.args
    # (; a, b)
    length(parts) == 1 && parts[1] isa Expr && parts[1].head === :parameters &&
        (parts = parts[1].args)
    return String[
        part isa Expr && part.head in (:(=), :kw) ? string(part.args[1]) : result_of(part)
        for part in parts
    ]
end

function last_value(@nospecialize(node))
    node isa Expr && node.head === :block || return node
    for part in reverse(node.args)
        part isa LineNumberNode || return last_value(part)
    end
    return nothing
end

function result_of(@nospecialize(node))
    node isa Symbol && return string(node)
    iscall(node, :Dict) && return "{}"
    return ""
end

const MAKING = (:zeros, :ones, :randn, :rand, :fill)

"The sizes of arrays that are made, by their names: W = randn(a, b)*0.01."
function note_shapes!(shapes, @nospecialize(node))
    node isa Expr || return
    if node.head === :(=) && !is_signature(node.args[1])
        target = targets_of(node)
        size = size_in(node.args[2])
        length(target) == 1 && size !== nothing && push!(shapes, (string(target[1]), size))
        left = node.args[1]
        left isa Expr && left.head === :tuple && note_several!(shapes, left.args, node.args[2])
    elseif iscall(node, :(=>)) && node.args[2] isa Union{String,QuoteNode}
        key = node.args[2] isa String ? node.args[2] : string(node.args[2].value)
        size = size_in(node.args[3])
        size === nothing || push!(shapes, (key, size))
    end
    foreach(part -> note_shapes!(shapes, part), node.args)
end

function note_several!(shapes, names, @nospecialize(values))
    values isa Expr && values.head === :tuple || return
    for (name, value) in zip(names, values.args)
        size = size_in(value)
        name isa Symbol && size !== nothing && push!(shapes, (string(name), size))
    end
end

function size_in(@nospecialize(node))
    node isa Expr || return nothing
    if node.head === :call && node.args[1] in MAKING
        typed(part) = part isa Symbol && string(part) in ("Float64", "Float32", "T", "Int")
        parts = filter(part -> !typed(part), node.args[2:end])
        node.args[1] === :fill && popfirst!(parts)
        isempty(parts) && return nothing
        parts[1] isa Expr && parts[1].head === :tuple && (parts = parts[1].args)
        return String[string(part) for part in parts]
    end
    for part in node.args
        size = size_in(part)
        size === nothing || return size
    end
    return nothing
end
