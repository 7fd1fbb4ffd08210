# Tests of Adapter.jl, Definitions.jl, Findings.jl and Outline.jl, included by runtests.jl.

"Plain pieces of a call as `XCheck.adapter_of` takes them: words by position."
call(name, words, results; rest = false) =
    (name, [(String(w), "", "") for w in split(words)], split(results), rest)

"The form of a file: forward and backward over some globals."
form(forward, backward; globals = [n => n for n in NAMES], columns = false, vectors = false,
    only = false, within = "", states = "list") =
    (forward, backward, globals, ["Bh", "By"], columns, vectors, only, within, states)

const GRADIENTS = join(string.("d", NAMES), " ")
const LIKE_THE_QUESTION = form(
    call("forwardRNN", "x y h p h_prev", "cost"), call("backwardRNN", "x y h p h_prev", GRADIENTS),
)

"What a tagger answers on three words, through an adapter."
function through(path, form)
    tagger, problem = load(path, NAMES, (), "", form)
    problem == "" || return problem
    found, problem = examine(
        tagger, NAMES, weights(4, 3, 3), [1, 2, 1], [1, 3, 2], wave(1, 3, 6), (4, 3), [], [],
    )
    return problem == "" ? found[2] : problem
end

@testset "an adapter of the question's own form changes nothing" begin
    plain, adapted = through(FIXED, nothing), through(FIXED, LIKE_THE_QUESTION)
    @test isequal(values(plain), values(adapted))
end

@testset "globals of another name, with a type, or constant" begin
    expected = through(FIXED, nothing)
    text = replace(read(FIXED, String), "Bh" => "bias_h")
    path = written("typed.jl", """
        const Wxh = zeros(2, 2)
        const Whh, Why = zeros(2, 2), zeros(2, 2)
        global bias_h::Matrix{Float64} = zeros(1, 2)
        $text""")
    spelt = [n => (n == "Bh" ? "bias_h" : n) for n in NAMES]
    good = form(LIKE_THE_QUESTION[1], LIKE_THE_QUESTION[2]; globals = spelt)
    @test isequal(through(path, good).gradients, expected.gradients)
    untyped = written("untyped.jl", text)
    @test isequal(through(untyped, good).gradients, expected.gradients)
    @test occursin("no code in it has a global Bh", through(untyped, LIKE_THE_QUESTION))
end

@testset "keywords, literals and results to be ignored" begin
    path = changed("keywords.jl",
        "function forwardRNN(x, y, h, p, hPrev)" => "function forwardRNN(x, h, p; y, hPrev, n, on)",
        "return cost;" => "on === true || error(\"off\"); return 1, cost * n, 2;")
    arguments = [
        ("x", "", ""), ("h", "", ""), ("p", "", ""), ("y", "y", ""), ("h_prev", "hPrev", ""),
        ("", "n", "1.0"), ("", "on", "true"),
    ]
    two(results, rest) = form(("forwardRNN", arguments, results, rest), LIKE_THE_QUESTION[2])
    expected = through(FIXED, nothing)
    for good in (two(["_", "cost", "_"], false), two(["_", "cost"], true))
        @test through(path, good).cost == expected.cost
    end
    @test occursin("returned 3 values, not _, cost", through(path, two(["_", "cost"], false)))
end

@testset "definitions alone" begin
    kept = """
    using SHA
    import Base: show
    const FIVE = 2 + 3
    size = 3
    half = 1 / 2
    text, list = "x", [1, 2]
    double = x -> 2x
    f(x) = x
    function g(x)::Int
        x
    end
    "Documented."
    h(x) = x
    struct S; a; end
    abstract type A end
    @inline k(x) = x
    macro m() end
    """
    left = """
    data = read("x")
    n = length(data)
    println(1)
    for i in 1:3; end
    if true; f(1); end
    @time f(1)
    W = zeros(2)
    const V = zeros(2)
    """
    expressions(text) = Meta.parse("begin\n$text\nend").args
    for expression in expressions(kept)
        @test XCheck.definitions_of(expression, [:V]) !== nothing
    end
    for expression in expressions(left)
        expression isa LineNumberNode && continue
        @test XCheck.definitions_of(expression, [:V]) === nothing
    end
end

@testset "a module, and what it includes" begin
    whole = read(FIXED, String)
    written("inner.jl", "println(nowhere_to_be_found)\n$whole")
    path = written("outer_module.jl", """
        "Documented."
        module Outer
        error("not to be run")
        module Inner
        include("inner.jl")
        end
        end
        error("neither")
        """)
    inside(only, within) =
        form(LIKE_THE_QUESTION[1], LIKE_THE_QUESTION[2]; only = only, within = within)
    found = through(path, inside(true, "Outer.Inner"))
    @test isequal(found.gradients, through(FIXED, nothing).gradients)
    @test occursin("not to be run", through(path, inside(false, "Outer.Inner")))
    @test occursin("has no module Outer.Other", through(path, inside(true, "Outer.Other")))
end

@testset "states in a matrix, in a dictionary, or with the one before" begin
    expected = through(FIXED, nothing)
    in_a_dict = form(LIKE_THE_QUESTION[1], LIKE_THE_QUESTION[2]; states = "dict")
    @test isequal(values(through(FIXED, in_a_dict)), values(expected))
    path = written("before.jl", read(FIXED, String) * """
        function run(x, y, hPrev)
            h, p = Vector{Any}(undef, length(x)), Vector{Any}(undef, length(x))
            cost = forwardRNN(x, y, h, p, hPrev)
            h, p, cost
        end
        rows(x, y, hPrev) = ((h, p, c) = run(x, y, hPrev); (reduce(vcat, h), p, c))
        columns(x, y, hPrev) = ((h, p, c) = run(x, y, hPrev); (permutedims(reduce(vcat, h)), p, c))
        first_too(x, y, hPrev) = ((h, p, c) = run(x, y, hPrev); ([[hPrev]; h], p, c))
        last_too(x, y, hPrev) = ((h, p, c) = run(x, y, hPrev); ([h; [hPrev]], p, c))
        neither(x, y, hPrev) = ((h, p, c) = run(x, y, hPrev); ([h; [2 .* hPrev]], p, c))
        back(x, y, hPrev) = ((h, p, c) = run(x, y, hPrev); backwardRNN(x, y, h, p, hPrev))
        """)
    # Three words and three units: which axis is that of the words shows with one word more.
    for name in ("rows", "columns", "first_too", "last_too")
        both = form(call(name, "x y h_prev", "h p cost"), call("back", "x y h_prev", GRADIENTS))
        @test isequal(values(through(path, both)), values(expected))
    end
    wrong = form(call("neither", "x y h_prev", "h p cost"), call("back", "x y h_prev", GRADIENTS))
    @test occursin("neither end is h_prev", through(path, wrong))
end

@testset "the outline of a file" begin
    found, problem = XCheck.outline(FIXED)
    @test problem == ""
    @test [f.name for f in found.functions] == ["forwardRNN", "backwardRNN", "gradCheck"]
    one = found.functions[2]
    @test one.results == string.("d", NAMES)
    @test one.arguments == ["x", "y", "h", "p", "hPrev"]
    @test ("h.T", "dhRaw") in one.products
    @test found.functions[1].filled == ["h", "p"]
    @test found.left_out == []
    _, problem = XCheck.outline(written("broken_outline.jl", "x = 1\nfunction f(\n"))
    @test occursin("broken_outline.jl:", problem) && !occursin("\n", problem)
end
