# Tests of Loading.jl and Findings.jl: files, and what is wrong with them, included by runtests.jl.

@testset "two loads do not meet" begin
    fixed, again, original = loaded(FIXED), loaded(FIXED), loaded(ORIGINAL)
    @test fixed.mod !== again.mod
    first_run = answer(fixed)[2]
    answer(again; values = 2 .* weights(4, 3, 3))
    @test answer(original)[2].gradients[2] != first_run.gradients[2]
    @test global_of(fixed, :Whh) == weights(4, 3, 3)[2]
    @test global_of(again, :Whh) == 2 .* weights(4, 3, 3)[2]
    @test answer(fixed)[2] == first_run
    # Constants and types may not be defined twice in one module.
    text = "const CLIP = 5\nstruct State end\n" * read(FIXED, String)
    for _ in 1:2
        @test answer(loaded(written("typed.jl", text)))[2] == first_run
    end
end

@testset "a file may include another, beside it" begin
    written("part.jl", read(FIXED, String))
    whole = written("whole — täg ger.jl", "include(\"part.jl\")\neval(:(HERE = 1))\n")
    @test answer(loaded(whole))[2] == answer(loaded(FIXED))[2]
end

@testset "what keeps a file from loading is one line with its place" begin
    path = written("syntax.jl", "a = 1\n\nb = = 2\n")
    @test startswith(problem_of(path), "$path:3: syntax: ")
    outer = written("outer.jl", "include(\"syntax.jl\")\n")
    @test startswith(problem_of(outer), "$path:3: syntax: ")
    path = written("unfinished.jl", "function forwardRNN(x, y, h, p, hPrev)\n  if true\n end\n")
    problem = problem_of(path)
    @test startswith(problem, path) && occursin(r":\d+: syntax: ", problem)
    path = written("top.jl", "a = 1\nerror(\"at the top\")\n")
    @test problem_of(path) == "$path:2: at the top"
    path = written("package.jl", "using NoSuchPackage\n")
    @test startswith(problem_of(path), "$path:1: ArgumentError: ")
    path = joinpath(FOLDER, "absent.jl")
    @test startswith(problem_of(path), path)
    path = written("empty.jl", "")
    @test problem_of(path) == "$path: defines no function forwardRNN(x, y, h, p, hPrev)"
    path = written("half.jl", "forwardRNN(x, y, h, p, hPrev) = 0.0\n")
    @test problem_of(path) == "$path: defines no function backwardRNN(x, y, h, p, hPrev)"
end

@testset "what a tagger throws is one line with its place" begin
    for (name, statement, message) in [
        ("error.jl", "error(\"no way\\nand more\")", "no way"),
        ("domain.jl", "log(-1.0)", "DomainError with -1.0"),
        ("shape.jl", "zeros(2, 2) * zeros(3, 3)", "DimensionMismatch"),
        ("undefined.jl", "nowhere_defined", "UndefVarError"),
        ("bounds.jl", "x[length(x) + 1]", "BoundsError"),
        ("method.jl", "\"a\" + 1", "MethodError"),
    ]
        marker = "dh = (Why*dy)' + dhnext;"
        path = changed(name, marker => "$marker $statement;")
        @test startswith(problem_of(path), "$path:$(line_of(path, marker)): $message")
    end
    path = changed("five.jl", "forwardRNN(x, y, h, p, hPrev)" => "forwardRNN(x, y)")
    @test occursin("MethodError: no method matching", problem_of(path))
end

@testset "what a tagger returns amiss is one line" begin
    gradients = "return dWxh, dWhh, dBh, dWhy, dBy;"
    path = changed("four.jl", gradients => "return dWxh, dWhh, dBh, dWhy;")
    @test problem_of(path) ==
          "$path: backwardRNN returned 4 values, not dWxh, dWhh, dBh, dWhy, dBy"
    path = changed("six.jl", gradients => "return dWxh, dWhh, dBh, dWhy, dBy, dhnext;")
    @test startswith(problem_of(path), "$path: backwardRNN returned 6 values, not ")
    path = changed("none.jl", gradients => "return nothing;")
    @test startswith(problem_of(path), "$path: backwardRNN returned a value of type Nothing, not ")
    path = changed("number.jl", gradients => "return dWxh, 0.0, dBh, dWhy, dBy;")
    @test problem_of(path) == "$path: backwardRNN returned a value of type Float64 for dWhh"
    path = changed("vector.jl", "return cost;" => "return [cost];")
    @test occursin("forwardRNN returned a value of type", problem_of(path))
    path = changed("unset.jl", "p[time] = vec" => "time == 3 || (p[time] = p_softmax); vec")
    @test problem_of(path) == "$path: forwardRNN left no array of numbers in p[3]"
    path = changed("words.jl", "return cost;" => "h[2] = \"two\"; return cost;")
    @test problem_of(path) == "$path: forwardRNN left no array of numbers in h[2]"
    path = changed("ragged.jl", "return cost;" => "h[2] = [1.0]; return cost;")
    @test problem_of(path) == "$path: h[2] has 1 entries and h[1] has 3"
end

@testset "complex weights refused: the run is there, the costs are not, the reason is" begin
    for (name, old, new) in [
        ("maximum.jl", "maximum(real.(score))", "maximum(score)"),
        ("float.jl", "score = h[time]*Why .+ By;", "score = Float64[s for s in h[time]*Why .+ By];"),
    ]
        path = changed(name, old => new)
        tagger = loaded(path)
        probes = [[("Why", nothing, nothing)]]
        held, run, costs, refusal = answer(tagger; probes = probes, steps = [H * im])
        @test held == fingerprint(NAMES, weights(4, 3, 3))
        @test abs(run.cost[] - answer(loaded(FIXED))[2].cost[]) <= 1e-14
        @test costs == []
        @test startswith(refusal, "$path:$(line_of(path, new)): ")
        @test !occursin('\n', refusal)
        _, _, costs, refusal = answer(tagger; probes = probes, steps = [1e-5, -1e-5])
        @test refusal == "" && size(costs[1]) == (9, 2)
    end
end
