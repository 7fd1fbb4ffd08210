# What has the same shape as what: a small case is run, and notes the size of all that it reads.

"A variable, or an entry of one such as h[time]."
isvariable(site) =
    !site.part && (
        site.node isa Symbol ||
        (site.node isa Expr && site.node.head == :ref && site.node.args[1] isa Symbol)
    )

"Sizes of what is read, by function and text; nothing where it is no array of numbers."
function shapes_of(places, path, adapter, parameters, case)
    shapes = Dict{Tuple{Symbol,String},Any}()
    watched = filter(isvariable, places)
    tagger = XCheck.evaluate(path, adapter, parameters) do expression, number
        for site in watched
            site.address[1] == number || continue
            key = (site.name, text(site.node))
            note(value) = (shapes[key] = size_of(value); value)
            expression = replaced(expression, site.address[2:end], Expr(:call, note, site.node))
        end
        expression
    end
    _, problem = XCheck.examine(tagger, parameters, case..., [], [])
    problem == "" || throw(XCheck.Finding(problem))
    return shapes
end

size_of(value::AbstractArray{<:Number}) = size(value)
size_of(_) = nothing

"""
The variables that could be mistaken for the one at a site: another base, the same shape, defined
before. The nearest come first.
"""
function lookalikes(scope, site)
    wanted = shape(scope, site)
    wanted === nothing && return Any[]
    definition = scope.definitions[findfirst(d -> d.name == site.name, scope.definitions)]
    found = Dict{Any,Vector{Int}}()
    for other in sites_in(scope, site.name)
        isvariable(other) && shape(scope, other) == wanted || continue
        base(other.node) == base(site.node) && continue
        isassignment(site.statement) && other.node == site.statement.args[1] && continue # not yet
        all(v -> v in site.loops || !(v in other.loops), symbols(other.node)) || continue
        since = defined(scope, definition, base(other.node))
        since === nothing || since < site.at || continue
        found[other.node] = since === nothing ? definition.title : since
    end
    return sort(collect(keys(found)); by = node -> (found[node], text(node)), rev = true)
end

base(node) = node isa Expr && node.head == :ref ? node.args[1] : node

"Address of the first assignment of a name; nothing for an argument or a global."
function defined(scope, definition, name)
    (name in definition.arguments || name in scope.parameters) && return nothing
    for site in sites_in(scope, definition.name)
        (isassignment(site.node) || isupdate(site.node)) && base(site.node.args[1]) == name &&
            return site.address
    end
    return nothing
end
