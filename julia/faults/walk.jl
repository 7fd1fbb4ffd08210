# The syntax tree of a tagger file: which functions it runs, and where they read what.

"A function applied to each entry, as in tanh.(x)."
iseach(node, name) =
    node isa Expr && node.head == :. && length(node.args) == 2 && node.args[1] == name &&
    node.args[2] isa Expr

isassignment(node) = node isa Expr && node.head == :(=)

"Assignments that update: += and its like, with the operator in them."
const UPDATES = Dict(:+= => :+, :-= => :-, :(.+=) => :.+, :(.-=) => :.-)

isupdate(node) = node isa Expr && haskey(UPDATES, node.head)

"All functions that the expressions define, at any depth."
function definitions(expressions)
    found = Definition[]
    for (i, expression) in enumerate(expressions)
        definitions!(found, expression, [i])
    end
    return found
end

function definitions!(found, node, address)
    node isa Expr || return
    if node.head in (:function, :(=)) && length(node.args) == 2
        title = [address; 1]
        signature = node.args[1]
        while signature isa Expr && signature.head in (:where, :(::))
            signature, title = signature.args[1], [title; 1]
        end
        if signature isa Expr && signature.head == :call && signature.args[1] isa Symbol
            arguments = filter(!isnothing, argument_name.(signature.args[2:end]))
            push!(
                found,
                Definition(
                    signature.args[1], [title; 1], arguments, node.args[2], [address; 2],
                ),
            )
            return
        end
    end
    for (i, part) in enumerate(node.args)
        definitions!(found, part, [address; i])
    end
end

argument_name(argument::Symbol) = argument
argument_name(argument) =
    argument isa Expr && argument.head in (:(::), :kw) ? argument_name(argument.args[1]) : nothing

"The functions that those of these names run, themselves among them."
function reached(all, roots)
    wanted, found = copy(roots), Definition[]
    while !isempty(wanted)
        name = popfirst!(wanted)
        for definition in filter(d -> d.name == name && !(d in found), all)
            push!(found, definition)
            union!(wanted, setdiff(symbols(definition.body), [d.name for d in found]))
        end
    end
    return found
end

"Every place in a function where something is read, in the order of the text."
function sites(definition::Definition)
    found = Site[]
    start = (
        statement = definition.body, at = definition.address, loops = Symbol[], quiet = false,
        part = false,
    )
    visit!(found, definition.body, definition.address, start, Ref(0), definition.name)
    return found
end

function visit!(found, node, address, around, line, name)
    if node isa LineNumberNode
        line[] = node.line
        return
    end
    node isa QuoteNode && return
    down(i; changes...) =
        visit!(found, node.args[i], [address; i], merge(around, changes.data), line, name)
    node isa Expr || (record!(found, node, address, around, line, name); return)
    head = node.head
    if head == :block
        for i in eachindex(node.args)
            down(i; statement = node.args[i], at = [address; i])
        end
    elseif head in (:for, :while, :if, :elseif)
        down(1; statement = node.args[1], at = [address; 1], loops = around.loops)
        variable = head == :for && isassignment(node.args[1]) ? node.args[1].args[1] : nothing
        loops = variable isa Symbol ? [around.loops; variable] : around.loops
        for i in 2:length(node.args)
            down(i; statement = node.args[i], at = [address; i], loops = loops)
        end
    elseif head in (:(=), :kw) || haskey(UPDATES, head)
        record!(found, node, address, around, line, name)
        down(2)
    elseif head in (:global, :local, :macrocall, :->, :function, :quote, :string)
        return
    elseif head == :.
        record!(found, node, address, around, line, name)
        node.args[2] isa Expr && for i in eachindex(node.args[2].args)
            visit!(found, node.args[2].args[i], [address; 2; i], around, line, name)
        end
    else
        record!(found, node, address, around, line, name)
        quiet = around.quiet || (head == :call && node.args[1] in SHAPE_ONLY)
        for i in (head == :call ? 2 : 1):length(node.args)
            down(i; quiet = quiet, part = around.part || head == :ref)
        end
    end
end

function record!(found, node, address, around, line, name)
    (node === :nothing || node === nothing) && return
    push!(
        found,
        Site(
            node, address, around.statement, around.at, line[], name, around.loops, around.quiet,
            around.part,
        ),
    )
end
