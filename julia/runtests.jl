# What Julia alone can test: `julia --project julia/runtests.jl`, on Julia 1.5 to 1.12.

using SHA: sha256
using Test: @test, @testset

include("XCheck.jl")
include("Faults.jl")
using .XCheck: examine, fingerprint, load

const NAMES = ["Wxh", "Whh", "Bh", "Why", "By"]
const FIXED = joinpath(@__DIR__, "fixed.jl")
const ORIGINAL = joinpath(@__DIR__, "original.jl")
const FOLDER = mktempdir()
const H = 1e-100

"Numbers that repeat nowhere, the same on every Julia: drawn ones differ between versions."
wave(rows, columns, k) = [sin(k + 1.7i + 0.9j) / 2 for i in 1:rows, j in 1:columns]

"The five parameters over `inputs` words, `hidden` units and `outputs` tags."
weights(inputs, hidden, outputs) = [
    wave(inputs, hidden, 1),
    wave(hidden, hidden, 2),
    wave(1, hidden, 3),
    wave(hidden, outputs, 4),
    wave(1, outputs, 5),
]

"What numpy.linspace(from, to, rows * columns).reshape(rows, columns) holds: row by row."
linspace(from, to, rows, columns) =
    permutedims(reshape(collect(range(from, stop = to, length = rows * columns)), columns, rows))

rowmajor(array) = vec(permutedims(array))

"Write a tagger file and return its path."
function written(name, text)
    path = joinpath(FOLDER, name)
    write(path, text)
    return path
end

"fixed.jl with each `old => new` carried out; each must be in it."
function changed(name, changes...)
    text = read(FIXED, String)
    for (old, new) in changes
        occursin(old, text) || error("fixed.jl no longer holds: $old")
        text = replace(text, old => new)
    end
    return written(name, text)
end

"What a tagger's global holds now. Julia 1.12: this file's own world is older than the tagger."
global_of(tagger, name) = Base.invokelatest(getfield, tagger.mod, Symbol(name))

"The line of a file, from 1, that holds `text`."
line_of(path, text) = findfirst(line -> occursin(text, line), readlines(path))

function loaded(path)
    tagger, problem = load(path, NAMES)
    problem == "" || error(problem)
    return tagger
end

const WORDS = [2, 1, 3, 2, 2]
const TAGS = [1, 3, 2, 2, 1]

"Answer of a tagger over 4 words, 3 units, 3 tags, and its problem."
ask(tagger, words = WORDS; probes = [], steps = [], values = weights(4, 3, 3)) = examine(
    tagger, NAMES, values, words, TAGS[1:length(words)], wave(1, 3, 6), (4, 3), probes, steps,
)

"The answer where there must be one."
function answer(arguments...; options...)
    found, problem = ask(arguments...; options...)
    problem == "" || error(problem)
    return found
end

"The problem of a tagger file, which must be one line with no answer beside it."
function problem_of(path)
    tagger, problem = load(path, NAMES)
    found = nothing
    if problem == ""
        found, problem = ask(tagger)
    end
    @test found === nothing
    @test problem != ""
    @test !occursin('\n', problem)
    return problem
end

"Names of the gradients that the complex step, entry by entry, finds wrong."
function wrong(tagger, words)
    probes = [(name, nothing, nothing) for name in NAMES]
    _, run, costs, refusal = answer(tagger, words; probes = probes, steps = [H * im])
    refusal == "" || error(refusal)
    length(costs) == length(NAMES) || error("not every parameter has costs")
    return [
        "d$name" for (name, gradient, cost) in zip(NAMES, run.gradients, costs) if
        !(maximum(abs.(rowmajor(gradient) .- imag.(cost[:, 1]) ./ H)) <= 1e-12)
    ]
end

@testset "XCheck" begin

@testset "the gradient of fixed.jl is right, by complex step" begin
    for T in 1:5
        @test wrong(loaded(FIXED), WORDS[1:T]) == []
    end
end

@testset "the gradient of original.jl is wrong from two words on" begin
    @test wrong(loaded(ORIGINAL), WORDS[1:1]) == []
    for T in 2:5
        @test wrong(loaded(ORIGINAL), WORDS[1:T]) == ["dWxh", "dWhh", "dBh"]
    end
end

@testset "a planted fault is found: $name" for (name, old, new, names) in [
    ("sign", "dy = p[time] - y[time];", "dy = y[time] - p[time];", "d" .* NAMES),
    ("hPrev", "(hPrev' * dhRaw)", "(0 * hPrev' * dhRaw)", ["dWhh"]),
    ("rows", "dWxh = dWxh + (x[time] * dhRaw);", "dWxh[x[time] .== 1, :] = dhRaw;", ["dWxh"]),
    ("NaN", "dBy = dBy + dy';", "dBy = dBy .+ NaN;", ["dBy"]),
    ("a millionth", "dWhy = dWhy + (dy * h[time])';", "dWhy += (1 + 1e-6) * (dy * h[time])';",
        ["dWhy"]),
]
    @test wrong(loaded(changed("planted.jl", old => new)), WORDS) == names
end

@testset "known answer of tanh(x Wx + h Wh + b), first row" begin
    x = linspace(-0.4, 0.7, 3, 10)
    before = linspace(-0.2, 0.5, 3, 4)
    expected = [-0.58172089 -0.50182032 -0.41232771 -0.31410098]
    for path in (FIXED, ORIGINAL)
        tagger = loaded(path)
        values = [
            linspace(-0.1, 0.9, 10, 4), linspace(-0.3, 0.7, 4, 4), linspace(-0.2, 0.4, 1, 4),
            zeros(4, 1), zeros(1, 1),
        ]
        for (name, value) in zip(NAMES, values)
            Base.invokelatest(tagger.set[Symbol(name)], value)
        end
        h, p = Vector{Any}(undef, 1), Vector{Any}(undef, 1)
        # x[1] is no one-hot vector here; nothing in forwardRNN asks for one.
        cost = Base.invokelatest(
            global_of(tagger, :forwardRNN), [x[1, :]], [[1.0]], h, p, before[1:1, :],
        )
        @test maximum(abs.(h[1] .- expected)) <= 1e-8
        @test cost == 0
        @test p[1] == [1.0]
    end
end

@testset "logits above 710" begin
    values = weights(4, 3, 3)
    values[5] = [0.0 800.0 -800.0]
    _, run, _, _ = answer(loaded(FIXED); values = values)
    @test isfinite(run.cost[]) && run.cost[] > 800
    @test all(isfinite, run.p) && all(g -> all(isfinite, g), run.gradients)
    _, run, _, _ = answer(loaded(ORIGINAL); values = values)
    @test !isfinite(run.cost[])
    @test !all(isfinite, run.p)
    @test !all(g -> all(isfinite, g), run.gradients)
end

@testset "complex weights: fixed.jl gives the real cost and keeps the imaginary part" begin
    for name in NAMES
        _, run, costs, refusal = answer(
            loaded(FIXED); probes = [(name, nothing, nothing)], steps = [0.0im, 0.1im],
        )
        @test refusal == ""
        @test eltype(costs[1]) == ComplexF64
        @test all(abs.(costs[1][:, 1] .- run.cost[]) .<= 1e-14 * run.cost[])
        @test any(imag.(costs[1][:, 2]) .!= 0)
    end
end

@testset "the run is what forwardRNN and backwardRNN say" begin
    held, run, costs, refusal = answer(loaded(FIXED))
    @test held == fingerprint(NAMES, weights(4, 3, 3))
    @test costs == [] && refusal == ""
    @test size(run.h) == (5, 3) && size(run.p) == (5, 3)
    @test size.(run.gradients) == Tuple(size.(weights(4, 3, 3)))
    @test all(abs.(sum(run.p, dims = 2) .- 1) .<= 1e-15)
    @test run.cost[] ≈ -sum(log(run.p[t, TAGS[t]]) for t in 1:5)
    @test all(run.gradients[1][4, :] .== 0)  # a word that is not in the sentence
    @test typeof(run.h) == Matrix{Float64}
end

@testset "costs follow value + step * direction" begin
    tagger = loaded(FIXED)
    for name in NAMES
        i = findfirst(==(name), NAMES)
        value = weights(4, 3, 3)[i]
        direction = wave(size(value)..., 7)
        lines = cat(reshape(direction, 1, size(value)...), zeros(1, size(value)...), dims = 1)
        steps = [0.25, -0.25, 0.0]
        _, run, costs, _ = answer(tagger; probes = [(name, lines, nothing)], steps = steps)
        @test size(costs[1]) == (2, 3)
        for (j, step) in enumerate(steps)
            moved = weights(4, 3, 3)
            moved[i] = value + step * direction
            @test costs[1][1, j] == answer(tagger; values = moved)[2].cost[]
        end
        @test all(costs[1][2, :] .== run.cost[])
    end
end

@testset "a direction through some rows moves these alone" begin
    tagger = loaded(FIXED)
    rows, direction = [3, 1], wave(2, 3, 7)
    lines = reshape(direction, 1, 2, 3)
    probes = [("Wxh", lines, rows), ("Whh", lines, rows)]
    _, _, costs, _ = answer(tagger; probes = probes, steps = [0.25, 0.5])
    for i in 1:2, (j, step) in enumerate([0.25, 0.5])
        moved = weights(4, 3, 3)
        moved[i][rows, :] .+= step .* direction
        @test costs[i][1, j] == answer(tagger; values = moved)[2].cost[]
    end
end

@testset "every entry comes in row-major order" begin
    tagger = loaded(FIXED)
    for (i, name) in enumerate(NAMES)
        _, _, costs, _ = answer(tagger; probes = [(name, nothing, nothing)], steps = [0.5])
        rows, columns = size(weights(4, 3, 3)[i])
        expected = Float64[]
        for row in 1:rows, column in 1:columns
            moved = weights(4, 3, 3)
            moved[i][row, column] += 0.5
            push!(expected, answer(tagger; values = moved)[2].cost[])
        end
        @test costs[1][:, 1] == expected
        by_columns = rowmajor(reshape(expected, columns, rows))
        rows == 1 || @test costs[1][:, 1] != by_columns
    end
end

@testset "the weights are restored after the costs" begin
    tagger = loaded(FIXED)
    probes = [(name, nothing, nothing) for name in NAMES]
    before = answer(tagger)[2]
    answer(tagger; probes = probes, steps = [0.3, H * im])
    for (name, value) in zip(NAMES, weights(4, 3, 3))
        now = global_of(tagger, name)
        @test now == value && eltype(now) == Float64
    end
    @test answer(tagger)[2] == before
    # Also where the forward pass threw half-way.
    refusing = loaded(changed("refusing.jl", "maximum(real.(score))" => "maximum(score)"))
    @test answer(refusing; probes = probes, steps = [H * im])[4] != ""
    @test eltype(global_of(refusing, :Wxh)) == Float64
    @test global_of(refusing, :Wxh) == weights(4, 3, 3)[1]
end

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

@testset "a tagger that changes what it is handed is found out, and the caller's is left alone" begin
    path = changed("greedy.jl", "return cost;" => "Wxh .= 0; hPrev .= 0; return cost;")
    values = weights(4, 3, 3)
    found, problem = XCheck.examine(
        loaded(path), NAMES, values, WORDS, TAGS, wave(1, 3, 6), (4, 3), [], [H * im],
    )
    @test found === nothing
    @test problem == "$path: keeps state between calls: the same input gives another cost"
    @test values == weights(4, 3, 3)
    path = changed("scaled.jl", "  cost = 0;" => "  Why .= min.(Why, 0.1); cost = 0;")
    @test problem_of(path) == "$path: the weights are not what they were before the run"
end

@testset "a forward pass that keeps state between calls is found out" begin
    text = "const CALLS = Ref(0)\n" * read(FIXED, String)
    path = written("state.jl", replace(text, "  cost = 0;" => "  CALLS[] += 1; cost = CALLS[];"))
    @test problem_of(path) == "$path: keeps state between calls: the same input gives another cost"
end

@testset "the referee: the same functions in 256 bits" begin
    tagger = loaded(FIXED)
    probes = [("Whh", cat(wave(3, 3, 1), wave(3, 3, 2); dims = 3))]
    probes = [("Whh", permutedims(probes[1][2], (3, 1, 2)), nothing)]
    answer_, problem = XCheck.referee(
        tagger, NAMES, weights(4, 3, 3), WORDS, TAGS, wave(1, 3, 6), (4, 3), probes,
    )
    @test problem == ""
    run, derivatives = answer_
    once = answer(tagger)[2]
    @test all(abs.(run.h .- once.h) .<= 1e-15) && eltype(run.h) == Float64
    slopes = [sum(once.gradients[2] .* probes[1][2][i, :, :]) for i in 1:2]
    @test all(abs.(derivatives[1] .- slopes) .<= 1e-13)
    path = changed("narrow.jl", "vec(p_softmax)" => "Float64.(vec(p_softmax))")
    _, problem = XCheck.referee(
        loaded(path), NAMES, weights(4, 3, 3), WORDS, TAGS, wave(1, 3, 6), (4, 3), probes,
    )
    @test problem == "$path: p does not keep BigFloat, it is Float64"
    # The first row alone: beside the others it would be promoted.
    path = changed("first.jl", "hPrev*Whh .+ Bh)" => "hPrev*Whh .+ Bh) .|> Float32")
    _, problem = XCheck.referee(
        loaded(path), NAMES, weights(4, 3, 3), WORDS, TAGS, wave(1, 3, 6), (4, 3), probes,
    )
    @test problem == "$path: h does not keep BigFloat, it is Float32"
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
        probes = [("Why", nothing, nothing)]
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

"The faults of a file over 5 rows, 3 units, 4 tags, and what did not apply."
function listed(path)
    found, problem = Faults.list(
        path, nothing, NAMES, ["Wxh"], weights(5, 3, 4), [2, 1], [1, 3], wave(1, 3, 6), (5, 4),
    )
    problem == "" || error(problem)
    return found
end

@testset "an edited copy: the file and its other copies stay as they are" begin
    gradient(tagger) = answer(tagger)[2].gradients[5]
    expressions = Faults.parsed(FIXED)
    @test length(expressions) == 3 # the functions; no LineNumberNode is counted
    faults, _ = listed(FIXED)
    fault = only(filter(f -> f[4] == "dBy = dBy - dy'", faults))
    copy, problem = load(FIXED, NAMES, fault[5])
    @test problem == ""
    @test gradient(copy) == -gradient(loaded(FIXED))
    appended, problem = load(FIXED, NAMES, (), "backwardRNN(x, y, h, p, hPrev) = error(\"late\")")
    @test problem == ""
    @test endswith(ask(appended)[2], "late")
    @test load(FIXED, NAMES, [("1 2 3", "1 +")])[2] != ""
    expression = :(a + b * c)
    @test XCheck.replaced(expression, [3, 2], :d) == :(a + d * c)
    @test expression == :(a + b * c)
end

@testset "the faults of a file can be planted, and each line is where it says" begin
    for path in (FIXED, ORIGINAL)
        faults, skipped = listed(path)
        @test length(faults) >= 100
        @test allunique((f[2], f[3], f[4], f[6]) for f in faults)
        # One in ten here; tests/faults plants and runs them all.
        @test all(f -> load(path, NAMES, f[5], f[6])[2] == "", faults[1:10:end])
        @test first.(skipped) == (path == FIXED ? [] : ["the transpose"])
        lines = readlines(path)
        @test all(f -> occursin(match(r"^\w+", f[3]).match, lines[f[2]]), faults)
        # gradCheck is not run by the two functions.
        last = findfirst(line -> startswith(line, "function gradCheck"), lines)
        @test all(f -> f[2] < last, faults)
    end
end

@testset "named faults go by parts and not by spelling" begin
    path = written("other.jl", """
    step(a, b) = a .+ b
    forwardRNN(x, y, h, p, hPrev) = begin
      cost = 0.0
      last = hPrev
      for t = 1:length(x)
        last = h[t] = tanh.(step(x[t]'*Wxh, last*Whh) .+ Bh)
        e = exp.(last*Why .+ By)
        p[t] = vec(e ./ sum(e))
        cost -= log(sum(p[t] .* y[t]))
      end
      cost
    end
    function backwardRNN(x::Vector, y, h, p, hPrev)
      dWxh, dWhh, dBh, dWhy, dBy = map(zero, (Wxh, Whh, Bh, Why, By))
      carry = zero(hPrev)
      for t = length(x):-1:1
        dy = (p[t] - y[t])'
        dWhy += h[t]'*dy
        dBy += dy
        raw = (carry + dy*Why') .* (1 .- h[t].^2)
        dWxh += x[t]*raw
        dBh += raw
        dWhh += (t == 1 ? hPrev : h[t-1])'*raw
        carry = raw*Whh'
      end
      return dWxh, dWhh, dBh, dWhy, dBy
    end
    """)
    faults, skipped = listed(path)
    @test skipped == []
    changes(name) = [f[3] * " -> " * f[4] for f in faults if f[1] == name]
    @test changes("the transpose") == ["carry = raw * Whh' -> carry = raw * Whh"]
    @test changes("no dhnext") == ["carry = raw * Whh' -> carry = 0 .* (raw * Whh')"]
    @test changes("1 - h") == [
        "raw = (carry + dy * Why') .* (1 .- h[t] .^ 2) -> raw = (carry + dy * Why') .* (1 .- h[t])",
    ]
    @test changes("dhnext added after the tanh factor") == [
        "raw = (carry + dy * Why') .* (1 .- h[t] .^ 2) -> " *
        "raw = (dy * Why') .* (1 .- h[t] .^ 2) .+ carry",
    ]
    @test changes("a bias gradient assigned") == ["dBy += dy -> dBy = dy", "dBh += raw -> dBh = raw"]
    @test changes("a word's row assigned") == [
        "dWxh += x[t] * raw -> dWxh = ifelse.(x[t] * raw .!= 0, x[t] * raw, dWxh)",
    ]
    @test any(f -> f[2] == 1, faults) # step(a, b) is run, too
end

@testset "fingerprint" begin
    a = [0.0 1.0 2.0; 3.0 4.0 5.0]
    # tests/test_weights.py holds Python to the same text.
    @test fingerprint(["a"], [a]) ==
          bytes2hex(sha256(vcat(b"a float64 2x3\n", reinterpret(UInt8, collect(0.0:5.0)))))
    @test fingerprint(["a"], [a]) == "2bff4c6aec92fafa056fd0aa65e65dab10ece2a0de36b17e308190838d618029"
    @test fingerprint(["a"], [permutedims(permutedims(a))]) == fingerprint(["a"], [a])
    @test fingerprint(["a"], [view(a, :, :)]) == fingerprint(["a"], [a])
    others = [
        fingerprint(["b"], [a]), fingerprint(["a"], [permutedims(a)]), fingerprint([], []),
        fingerprint(["a"], [reshape(rowmajor(a), 1, 6)]), fingerprint(["a"], [Float32.(a)]),
        fingerprint(["a"], [a .+ [0 0 0; 0 0 eps(5.0)]]), fingerprint(["a", "a"], [a, a]),
        fingerprint(["a"], [-a]),
    ]
    @test !(fingerprint(["a"], [a]) in others) && allunique(others)
end

include("adaptertests.jl")
include("tracetests.jl")
include("traintests.jl")

end
