# Tests of Faults.jl, included by runtests.jl.

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
