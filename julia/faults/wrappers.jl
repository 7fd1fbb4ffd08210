# Faults that need no place in the syntax tree: a wrapper around forwardRNN or backwardRNN, which
# fits every file. The function of the file is called xcheck_inner then.

"Name, function that is wrapped, and the code of the wrapper, for these parameters."
function wrapping(parameters)
    all = join(parameters, ", ")
    squares = join(("sum($w .* $w)" for w in parameters), " + ")
    forward, backward = :forwardRNN, :backwardRNN
    call(y, hPrev) = "xcheck_inner(x, $y, h, p, $hPrev)"
    inner = call("y", "hPrev")
    shifted = call("y[[length(y); 1:length(y)-1]]", "hPrev")
    single(i) = """
        found = map(copy, $inner)
        found[$i][argmax(abs.(found[$i]))] *= 1 + 1e-6
        found"""
    return [
        ("hPrev ignored in the forward pass", forward, "", call("y", "zero(hPrev)")),
        ("hPrev ignored in the backward pass", backward, "", call("y", "zero(hPrev)")),
        ("the target off by one in the cost", forward, "", shifted),
        ("the target off by one in the backward pass", backward, "", shifted),
        ("the cost averaged", forward, "", "$inner / length(x)"),
        ("a gradient clipped at 5", backward, "", "map(g -> clamp.(g, -5, 5), $inner)"),
        ("a regulariser in the cost alone", forward, "", "$inner + 0.005 * ($squares)"),
        (
            "an aliased h: every h[t] is the last", forward, "",
            "cost = $inner\nforeach(t -> h[t] = h[length(x)], 1:length(x))\ncost",
        ),
        (
            "a stale copy of the weights", forward, "const xcheck_copies = Dict{Any,Any}()\n",
            """
            global $all
            held = ($all,)
            $all = get!(() -> map(copy, held), xcheck_copies, map(size, held))
            try
                $inner
            finally
                $all = held
            end""",
        ),
        (
            "a cost that adds up from call to call", forward, "const xcheck_total = Any[0.0]\n",
            "xcheck_total[1] += $inner",
        ),
        [
            ("one entry of d$w off by a part in 10^6", backward, "", single(i))
            for (i, w) in enumerate(parameters)
        ]...,
    ]
end

function wrappers(scope)
    found, skipped = Fault[], Tuple{String,String}[]
    for (name, wrapped, before, body) in wrapping(scope.parameters)
        own = filter(d -> d.name == wrapped, scope.definitions)
        if !scope.adapter.is_own
            push!(skipped, (name, "its functions are called otherwise, by an adapter"))
            continue
        elseif isempty(own)
            push!(skipped, (name, "the file does not define $wrapped by itself"))
            continue
        end
        code = "$(before)function $wrapped(x, y, h, p, hPrev)\n$body\nend\n"
        renamed = [d.title => :xcheck_inner for d in own]
        line = first_line(own[1])
        push!(found, Fault(name, line, "$wrapped(x, y, h, p, hPrev)", "", renamed, code))
    end
    return found, skipped
end

"The line on which a definition begins; 0 where it has none."
function first_line(definition)
    parts = definition.body isa Expr ? definition.body.args : []
    i = findfirst(part -> part isa LineNumberNode, parts)
    return i === nothing ? 0 : parts[i].line
end
