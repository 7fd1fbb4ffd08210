# Tests of what Trace.jl finds and writes, included by tracetests.jl.

"Trials of a statement of fixed.jl with what it comes to there."
function trials_of(address, target; path = FIXED, wanted = e -> e.writes[1].value)
    r = recorded(path; scopes = [address])
    return [
        (address, collect(keys(e.scope)), collect(values(e.scope)), target, wanted(e), String[],
            nothing)
        for e in r.events if e.scope != Dict()
    ]
end

"Code of the rewrites of a statement of a tagger."
function rewritten(tagger, address, trials; values = weights(4, 3, 3))
    found, problem = Trace.rewrites(tagger, (), "", NAMES, values, address, trials)
    problem == "" || error(problem)
    return found
end

codes(found) = [f[1] for f in found]
const DHNEXT = "2 2 19 2 18"

@testset "the question's bug: one rewrite comes to what is wanted" begin
    found = rewritten(loaded(ORIGINAL), DHNEXT, trials_of(DHNEXT, "dhnext"))
    @test codes(found) == ["dhnext = dhRaw * Whh'"]
    @test found[1][2] == "Whh transposed" && found[1][4] <= 1e-12
    # A symmetric matrix tells nothing; nor does anything that is wanted by nobody.
    values = weights(4, 3, 3)
    values[2] = values[2] + values[2]'
    trials = trials_of(DHNEXT, "dhnext"; wanted = e -> e.scope["dhRaw"] * values[2])
    @test length(rewritten(loaded(ORIGINAL), DHNEXT, trials; values = values)) > 1
    untried = rewritten(loaded(ORIGINAL), DHNEXT, [])
    @test length(untried) > 10 && all(f -> isnan(f[4]), untried) && allunique(codes(untried))
    @test issorted([f[3] for f in untried])
    for never in (fill(NaN, 1, 3), ones(1, 2))
        trials = trials_of(DHNEXT, "dhnext"; wanted = e -> never)
        @test rewritten(loaded(ORIGINAL), DHNEXT, trials) == []
    end
end

"The first rewrite of a line of fixed.jl that was changed into another."
function mended(address, right, wrong, target = string(Meta.parse(right).args[1]))
    line = line_of(FIXED, right)
    lines = readlines(FIXED)
    lines[line] = replace(lines[line], right => wrong)
    path = written("mended.jl", join(lines, "\n"))
    found = codes(rewritten(loaded(path), address, trials_of(address, target)))
    isempty(found) && return ""
    # Whether the whole run is right with it.
    tagger, problem = load(path, NAMES, [(address, found[1])])
    run, problem = problem == "" ? ask(tagger) : (nothing, problem)
    fits(a, b) = maximum(abs.(a .- b)) <= 1e-10
    right_run = answer(loaded(FIXED))[2]
    good = problem == "" && all(fits(run[2][k], right_run[k]) for k in (:cost, :h, :p)) &&
        all(fits(a, b) for (a, b) in zip(run[2].gradients, right_run.gradients))
    return good ? found[1] : "wrong: $(found[1])"
end

const DH = ("2 2 19 2 8", "dh = (Why*dy)' + dhnext")
const RAW = ("2 2 19 2 10", "dhRaw = (1 .- (h[time].*h[time])) .* dh")
const DWHY = ("2 2 19 2 4", "dWhy = dWhy + (dy * h[time])'")
const DY = ("2 2 19 2 2", "dy = p[time] - y[time]")

@testset "a rewrite for: $wrong" for ((address, right), wrong, code) in [
    (DH, "dh = (Why*dy)'", "dh = (Why * dy)' + dhnext"),
    (DH, "dh = (Why*dy)' - dhnext", "dh = (Why * dy)' + dhnext"),
    (DH, "dh = dy'*Why + dhnext", "dh = dy' * Why' + dhnext"),
    (DH, "dh = dhnext", nothing),
    (RAW, "dhRaw = (1 .- h[time]) .* dh", nothing),
    (RAW, "dhRaw = dh", nothing),
    (RAW, "dhRaw = (1 .- tanh.(h[time]).^2) .* dh", nothing),
    (RAW, "dhRaw = (1 .- h[time].*dh) .* h[time]", nothing),
    (("2 2 19 2 6", "dBy = dBy + dy'"), "dBy = dy'", nothing),
    (DWHY, "dWhy = dWhy + (dy * h[max(time-1, 1)])'", nothing),
    (DWHY, "dWhy = dWhy + (dy * dh)' / length(x)", nothing),
    (DY, "dy = y[time] - p[time]", nothing),
    (DY, "dy = 2 * (p[time] - y[time])", "dy = p[time] - y[time]"),
    (DY, "dy = Float32.(p[time] - y[time])", "dy = p[time] - y[time]"),
    (("1 2 7 2 4", "score = h[time]*Why .+ By"), "score = h[time]*Why", nothing),
    (("1 2 7 2 8", "p_softmax = exp.(score) / sum(exp.(score))"),
        "p_softmax = exp.(score) / maximum(exp.(score))", nothing),
    (("1 2 7 2 10", "p[time] = vec(p_softmax)"), "p[time] = vec(score)", nothing),
]
    found = mended(address, right, wrong)
    @test found != "" && !startswith(found, "wrong")
    code === nothing || @test found == code
end

@testset "what no rewrite mends is said by none" begin
    @test mended(DY..., "dy = sin.(exp.(p[time])) * 17.5") == ""
end

@testset "two edits, where one will not do" begin
    @test mended(DH..., "dh = Why*dy - dhnext'") != ""
end

@testset "an accumulator: what is carried from trial to trial" begin
    address, path = "2 2 19 2 14", changed("bias.jl", "dBh = dBh + dhRaw;" => "dBh = dBh - dhRaw;")
    r = recorded(path; scopes = [address])
    events = filter(e -> e.scope != Dict(), r.events)
    total = cumsum([e.scope["dhRaw"] for e in events])
    make(carried) = [
        (address, collect(keys(e.scope)), collect(values(e.scope)), "dBh",
            i == length(events) ? total[i] : nothing, carried, nothing)
        for (i, e) in enumerate(events)
    ]
    @test "dBh = dBh + dhRaw" in codes(rewritten(loaded(path), address, make(["dBh"])))
    @test !("dBh = dBh + dhRaw" in codes(rewritten(loaded(path), address, make(String[]))))
end

@testset "where no value is known a shape is" begin
    address, right = DWHY
    path = changed("shape.jl", right => "dWhy = dWhy + dy'")
    scope = first(e.scope for e in recorded(FIXED; scopes = [address]).events if e.scope != Dict())
    names, held = collect(keys(scope)), collect(values(scope))
    asked(shape) = codes(rewritten(loaded(path), address,
        [(address, names, held, "dWhy", nothing, String[], shape)]))
    fits = collect(size(scope["dWhy"]))
    @test "dWhy = dWhy + (dy * h[time])'" in asked(fits)
    @test !("dWhy = dWhy - dy'" in asked(fits)) # which throws
    @test !("dWhy = dWhy + (dy * h[time])'" in asked(reverse(fits) .+ 1))
end

@testset "returns, calls, ranges and conditions" begin
    path = changed("swapped.jl",
        "return dWxh, dWhh, dBh, dWhy, dBy;" => "return dWxh, dWhh, dBy, dWhy, dBh;")
    address = "2 2 21"
    right = recorded(FIXED; scopes = [address]).events[end]
    names, held = collect(keys(right.scope)), collect(values(right.scope))
    trials = [(address, names, held, w.name, w.value, String[], nothing)
        for w in right.writes]
    found = codes(rewritten(loaded(path), address, trials))
    @test found[1] == "return (dWxh, dWhh, dBh, dWhy, dBy)"
    path = written("calls.jl", replace(read(FIXED, String),
        "dBh = dBh + dhRaw;" => "copyto!(dBh, dBh - dhRaw);"))
    trials = [
        ("2 2 19 2 14", ["dBh", "dhRaw"], Any[wave(1, 3, k), wave(1, 3, k + 1)], "dBh",
            wave(1, 3, k) + wave(1, 3, k + 1), String[], nothing) for k in 1:3
    ]
    found = codes(rewritten(loaded(path), "2 2 19 2 14", trials))
    @test found[1] == "copyto!(dBh, dBh + dhRaw)"
    @test "1:length(x)" in codes(rewritten(loaded(FIXED), "2 2 19 1 2", []))[1:3]
    @test "2:length(x)" in codes(rewritten(loaded(FIXED), "1 2 7 1 2", []))
    conditions = codes(rewritten(loaded(FIXED), "1 2 7 2 2 1", []))
    @test issubset(["time == 2", "time == 0", "time != 1", "time > 1"], conditions)
    @test Trace.rewrites(loaded(FIXED), (), "", NAMES, weights(4, 3, 3), "9 9", [])[2] != ""
end

# ------------------------------------------------------------------------------------------------

"The lines of a file that an edit changes, as they are afterwards."
function changed_lines(path, edits...; appended = "")
    text, problem = Trace.patched(path, collect(edits), appended)
    problem == "" || return problem
    old, new = split(read(path, String), '\n'), split(text, '\n')
    length(old) == length(new) || return "other lines"
    return [new[i] for i in eachindex(new) if old[i] != new[i]]
end

const LAYOUT = """
# A comment above, dhRaw*Whh.

α = 1; β = 2
function f(x,
           y) # trailing
    for t in eachindex(x); y[t] = x[t]'*Wxh .+ 2x[t]; z = y[t]
        s = z*Why .+
            By   # continued
        @. s += z
        p = vec(
            s ./ sum(s), # a comment inside
        )
        t > 1 && (a += z[1]*s); t == 1 && (a -= z[2]s)
        r = t > 1 ? (a + s*Why') .* (1 .- z.^2) : a    # why "#" not
    end
    if a > 1
        a = b
    elseif a > 2
        a = c
    end
    return a, b, c
end
"""

@testset "a patch changes no more than it must" begin
    @test changed_lines(ORIGINAL, (DHNEXT, "dhnext = dhRaw * Whh'")) == ["    dhnext = dhRaw*Whh';"]
    @test changed_lines(ORIGINAL, ("2 2 19 2 10", "dhRaw = dh .* (1 .- h[time] .* h[time])")) ==
          ["    dhRaw = dh .* (1 .- (h[time].*h[time]));"]
    @test changed_lines(ORIGINAL, ("2 2 19 2 8", "dh = (Why * dy)'")) == ["    dh = (Why*dy)';"]
    @test changed_lines(FIXED, (DHNEXT, "dhnext = dhRaw * Whh")) ==
          [replace(readlines(FIXED)[line_of(FIXED, "dhnext = dhRaw*Whh'")], "Whh';" => "Whh;")]
    @test changed_lines(ORIGINAL, ("2 2 19 1 2", "1:length(x)")) == ["  for time in 1:length(x)"]
    two = ((DHNEXT, "dhnext = dh"), ("2 2 19 2 6", "dBy += dy'"))
    @test length(changed_lines(ORIGINAL, two...)) == 2
    path = written("layout.jl", LAYOUT)
    body = "2 2"
    for (address, code, line) in [
        ("$body 3 2 2", "y[t] = x[t]' * Wxh .+ 3 * x[t]",
            "    for t in eachindex(x); y[t] = x[t]'*Wxh .+ 3x[t]; z = y[t]"),
        ("$body 3 2 4", "z = y[t-1]",
            "    for t in eachindex(x); y[t] = x[t]'*Wxh .+ 2x[t]; z = y[t - 1]"),
    ]
        @test changed_lines(path, (address, code)) == [line]
    end
end

"All parts of an expression that stand in its text, with their addresses."
function each_part(f, node, at)
    f(node, at)
    node isa Expr || return
    for (i, part) in enumerate(node.args)
        part isa LineNumberNode && continue
        node.head == :macrocall && i == 1 && continue
        node.head == :. && i == 2 && part isa QuoteNode && continue
        each_part(f, part, [at; i])
    end
end

@testset "every part of a file of any layout can be replaced" begin
    for path in (written("layout.jl", LAYOUT), ORIGINAL)
        all = Trace.expressions_of(path)
        for (i, expression) in enumerate(all)
            i == length(all) && path == ORIGINAL && continue # gradCheck is long
            each_part(expression, [i]) do node, at
                node isa Symbol && Base.isidentifier(node) || node isa Int || return
                new = node isa Int ? "7" : "zz"
                text, problem = Trace.patched(path, [(join(at, " "), new)], "")
                @test problem == ""
                wanted = XCheck.stripped(XCheck.replaced(all[i], at[2:end], Meta.parse(new)))
                @test XCheck.stripped(Trace.read_text(text, path)[i]) == wanted
            end
        end
    end
end

@testset "all faults of the two files can be written as patches of one line each" begin
    for path in (FIXED, ORIGINAL)
        for fault in planted(path)[1:3:end]
            fault[6] == "" || continue
            @test length(changed_lines(path, fault[5]...)) == length(fault[5])
        end
    end
end

@testset "what cannot be written is said" begin
    @test changed_lines(FIXED, ("1 2 7 2 4 1", "a + b")) isa String # no such assignment
    @test changed_lines(FIXED, ("9 1", "a")) isa String
    text, problem = Trace.patched(FIXED, [], "late = 1\n")
    @test problem == "" && text == read(FIXED, String) * "late = 1\n"
end
