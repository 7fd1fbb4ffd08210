# The referee: the tagger's own functions once more, in 256 bits. Included by XCheck.jl.

const BITS = 256
# Central differences at 2^-80: their own error is of the order 2^-160, cancellation leaves 2^-170.
const BIG_STEP = big(2.0)^-80

"""
    referee(tagger, names, values, words, tags, h_prev, sizes, probes)
        -> ((run, derivatives), "") or (nothing, problem)

What the tagger computes when rounding plays no part: its results, and the derivative of its cost
along the directions of each probe, all rounded to Float64 at the end. A tagger that does not keep
the precision, through a `Float64[...]` say, is a problem that names the tensor.
"""
referee(tagger, names, values, words, tags, h_prev, sizes, probes) = attempt(tagger.path) do
    setprecision(BigFloat, BITS) do
        Base.invokelatest(
            referee_now, tagger, names, values, words, tags, h_prev, sizes, probes,
        )
    end
end

function referee_now(tagger, names, values, words, tags, h_prev, sizes, probes)
    wide = [big.(copy_of(value)) for value in values]
    weights = Weights([Symbol(n) => v for (n, v) in zip(names, wide)])
    sentence = one_sentence(words, tags, big.(copy_of(h_prev)), sizes, BigFloat)
    set_weights(tagger, weights)
    run = run_once(tagger, sentence, first.(weights))
    for (name, values) in kept(tagger, sentence), value in values
        eltype(value) === BigFloat ||
            throw(Finding("$(tagger.path): $name does not keep BigFloat, it is $(eltype(value))"))
    end
    derivatives = map(collect(probes)) do probe
        parts = Part[Part(Symbol(name), lines, rows) for (name, lines, rows) in probe]
        costs = costs_along(tagger, sentence, weights, parts, [BIG_STEP, -BIG_STEP])
        Float64.((costs[:, 1] .- costs[:, 2]) ./ (2 * BIG_STEP))
    end
    return (
        cost = Float64.(run.cost),
        h = rounded(run.h),
        p = rounded(run.p),
        gradients = map(gradient -> Float64.(gradient), run.gradients),
    ),
    derivatives
end

"""
What the forward pass returns and leaves in `h` and `p`, row by row: rows that are stacked are
promoted, and one that went through a lower precision would not show any more.
"""
function kept(tagger, sentence)
    found = forward(tagger, sentence)
    return [(name, rows_of(found[name])) for name in (:cost, :h, :p) if gives(tagger.adapter, name)]
end

rows_of(value) = (value,)
rows_of(list::AbstractVector) = eltype(list) <: Number ? (list,) : list
rows_of(found::AbstractDict) = values(found)

rounded(::Nothing) = nothing
rounded(array) = Float64.(array)
