# Tests of XCheck.jl and Referee.jl: what taggers compute, included by runtests.jl.

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
            loaded(FIXED); probes = [[(name, nothing, nothing)]], steps = [0.0im, 0.1im],
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
        _, run, costs, _ = answer(tagger; probes = [[(name, lines, nothing)]], steps = steps)
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
    probes = [[("Wxh", lines, rows)], [("Whh", lines, rows)]]
    _, _, costs, _ = answer(tagger; probes = probes, steps = [0.25, 0.5])
    for i in 1:2, (j, step) in enumerate([0.25, 0.5])
        moved = weights(4, 3, 3)
        moved[i][rows, :] .+= step .* direction
        @test costs[i][1, j] == answer(tagger; values = moved)[2].cost[]
    end
end

@testset "lines through several parameters move all of them at once" begin
    tagger, other = loaded(FIXED), loaded(FIXED)
    rows, several = [3, 1], [wave(2, 3, 7), wave(3, 3, 8), wave(1, 3, 9)]
    lines = [permutedims(cat(d, 2 .* d; dims = 3), (3, 1, 2)) for d in several]
    probe = collect(zip(["Wxh", "Whh", "By"], lines, [rows, nothing, nothing]))
    _, _, costs, _ = answer(tagger; probes = [probe, probe[2:3]], steps = [0.25, 0.5])
    at(parts, step) = begin
        moved = weights(4, 3, 3)
        1 in parts && (moved[1][rows, :] .+= step .* several[1])
        moved[2] .+= step .* several[2]
        moved[5] .+= step .* several[3]
        answer(other; values = moved)[2].cost[]
    end
    for i in 1:2, (j, step) in enumerate([0.25, 0.5])
        @test costs[1][i, j] == at(1:3, i * step)
        @test costs[2][i, j] == at(2:3, i * step) != costs[1][i, j]
    end
    for (name, value) in zip(NAMES, weights(4, 3, 3))
        @test global_of(tagger, name) == value
    end
end

@testset "every entry comes in row-major order" begin
    tagger = loaded(FIXED)
    for (i, name) in enumerate(NAMES)
        _, _, costs, _ = answer(tagger; probes = [[(name, nothing, nothing)]], steps = [0.5])
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
    probes = [[(name, nothing, nothing)] for name in NAMES]
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
    lines = permutedims(cat(wave(3, 3, 1), wave(3, 3, 2); dims = 3), (3, 1, 2))
    probes = [[("Whh", lines, nothing)]]
    answer_, problem = XCheck.referee(
        tagger, NAMES, weights(4, 3, 3), WORDS, TAGS, wave(1, 3, 6), (4, 3), probes,
    )
    @test problem == ""
    run, derivatives = answer_
    once = answer(tagger)[2]
    @test all(abs.(run.h .- once.h) .<= 1e-15) && eltype(run.h) == Float64
    slopes = [sum(once.gradients[2] .* lines[i, :, :]) for i in 1:2]
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
