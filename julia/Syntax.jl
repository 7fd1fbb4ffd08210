# Small things about syntax trees. Included by XCheck.jl; Faults.jl and Trace.jl use them.

"""
An expression without its line numbers. Those of macro calls, which have one by rule, are `nothing`.
"""
function stripped(@nospecialize(node))
    node isa Expr || return node
    new = Expr(node.head)
    for (i, part) in enumerate(node.args)
        if !(part isa LineNumberNode)
            push!(new.args, stripped(part))
        elseif node.head == :macrocall && i == 2
            push!(new.args, nothing)
        end
    end
    return new
end

"""
An expression as code. Julia prints `c ? a : b` as an `if` of several lines, which is read as
another expression.
"""
function code_of(@nospecialize(node))
    ternaries = String[]
    shown = string(with_marks(node, ternaries))
    for (i, ternary) in enumerate(ternaries)
        shown = replace(shown, mark(i) => ternary)
    end
    return replace(shown, "@__dot__" => "@.")
end

mark(i) = "xcheck_ternary_$(i)_"

"An expression without its line numbers and with a name in the place of each ternary."
function with_marks(@nospecialize(node), ternaries)
    node = stripped(node)
    node isa Expr || return node
    if node.head == :if && length(node.args) == 3 && !any(is_block, node.args)
        condition, yes, no = map(code_of, node.args)
        push!(ternaries, "($condition ? $yes : $no)")
        return Symbol(mark(length(ternaries)))
    end
    new = Expr(node.head)
    for part in node.args
        push!(new.args, with_marks(part, ternaries))
    end
    return new
end

is_block(@nospecialize(node)) = node isa Expr && node.head in (:block, :elseif)

"An expression in one line."
text(@nospecialize(node)) = join(split(code_of(node)), " ")

"Functions of which only the shape of the arguments counts."
const SHAPE_ONLY = (:size, :length, :zeros, :ones, :similar, :zero, :eltype, :fill, :axes)

iscall(node, operators...) =
    node isa Expr && node.head == :call && node.args[1] in operators

"All symbols of an expression, in the order of the text."
symbols(@nospecialize(node)) = symbols!(Symbol[], node)

function symbols!(found, @nospecialize(node))
    node isa Symbol && push!(found, node)
    node isa Expr || return found
    for part in node.args
        symbols!(found, part)
    end
    return found
end
