# PythonCall takes expressions apart with `@capture(expression, pattern)`, in its macros `@py`,
# `@pyeval` and `@pyexec`, and asks `isexpr(expression, head...)`. Of MacroTools' pattern language
# it uses four forms, and these are here:
#     name_        anything, bound to `name`; the same name twice must match equal things
#     name__       all that is left of a list of arguments
#     name_Type    anything of that type of Base, as in var_Symbol, code_String
#     f(...), a = b, for ... end, ...    an expression of that head whose arguments match
# Line numbers count neither in the pattern nor in the expression.
module MacroTools

export @capture, isexpr

isexpr(x, heads::Symbol...) = x isa Expr && x.head in heads

macro capture(expression, pattern)
    names = Symbol[]
    collect_names!(names, pattern)
    assignments = [:($(esc(n)) = get(found, $(QuoteNode(n)), nothing)) for n in unique(names)]
    return quote
        found = Dict{Symbol,Any}()
        matched = match!(found, $(Meta.quot(pattern)), $(esc(expression)))
        matched || empty!(found)
        $(assignments...)
        matched
    end
end

"""The name that a pattern binds, whether it takes the rest of the list, and the type it asks for."""
function binding(pattern)
    pattern isa Symbol || return nothing
    parts = match(r"^(.*[^_])(_|__|_([A-Z]\w*))$", String(pattern))
    parts === nothing && return nothing
    name, ending, type = parts.captures
    return Symbol(name), ending == "__", type === nothing ? Any : getfield(Base, Symbol(type))
end

function collect_names!(names, pattern)
    bound = binding(pattern)
    bound === nothing || push!(names, bound[1])
    pattern isa Expr && foreach(x -> collect_names!(names, x), pattern.args)
    return names
end

arguments(x::Expr) = filter(a -> !(a isa LineNumberNode), x.args)

function match!(found, pattern, x)
    bound = binding(pattern)
    if bound !== nothing
        name, _, type = bound
        x isa type && isequal(get!(found, name, x), x) || return false
        return true
    end
    pattern isa Expr || return pattern == x
    x isa Expr && x.head === pattern.head || return false
    patterns, xs = arguments(pattern), arguments(x)
    last_bound = isempty(patterns) ? nothing : binding(patterns[end])
    if last_bound !== nothing && last_bound[2]
        pop!(patterns)
        length(xs) >= length(patterns) || return false
        found[last_bound[1]] = xs[length(patterns)+1:end]
        xs = xs[1:length(patterns)]
    end
    return length(patterns) == length(xs) && all(match!(found, p, x) for (p, x) in zip(patterns, xs))
end

end
