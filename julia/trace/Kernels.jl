# Arithmetic on arrays, for trying out many expressions: one compiled loop for each function and
# element type, where Julia's own would compile one for each shape of expression.

const Dense = Union{Array{Float64,1},Array{Float64,2},Array{Float32,1},Array{Float32,2}}
const Row = Union{Adjoint{Float64,Array{Float64,1}},Adjoint{Float32,Array{Float32,1}}}

"Functions that have a loop of their own."
const FAST = Dict{Any,Bool}(f => true for f in (+, -, *, /, tanh, exp, log))

isdense(@nospecialize(value)) = value isa Dense || value isa Row
isreal_number(@nospecialize(value)) = value isa Union{Float64,Float32,Int,Bool}

"`f` for each entry, as `f.(arguments...)`."
function each(@nospecialize(f), arguments)
    n = length(arguments)
    if n <= 2 && haskey(FAST, f)
        a = arguments[1]
        b = arguments[n]
        (isdense(a) || isreal_number(a)) && (isdense(b) || isreal_number(b)) &&
            (isdense(a) || isdense(b)) && return fast(f, arguments)
    end
    for argument in arguments
        plain = argument isa AbstractArray && ndims(argument) <= 2 && eltype(argument) <: Number
        plain || argument isa Number || return Base.invokelatest(broadcast, f, arguments...)
    end
    return Base.invokelatest(one_at_a_time, f, arguments)
end

"A loop that is compiled for no function in particular."
function one_at_a_time(@nospecialize(f), arguments)
    m, n, axes = 1, 1, 0
    for argument in arguments
        argument isa Number && continue
        m, n = joint(m, size(argument, 1)), joint(n, size(argument, 2))
        axes = max(axes, ndims(argument))
    end
    out = Matrix{Any}(undef, m, n)
    for j in 1:n, i in 1:m
        parts = Any[]
        for argument in arguments
            push!(parts, argument isa Number ? argument : entry_at(argument, i, j))
        end
        out[i, j] = f(parts...)
    end
    axes == 0 && return out[1]
    made = narrow(out)
    all_rows(arguments) && return adjoint(vec(made))
    return axes == 1 ? vec(made) : made
end

"An entry, or that of the only row or column."
entry_at(array, i, j) = array[min(i, size(array, 1)), min(j, size(array, 2))]

function narrow(out)
    for T in (Float64, Bool, Float32, Int)
        all_of(T, out) && return convert(Matrix{T}, out)
    end
    return map(identity, out)
end

function all_of(T, out)
    for value in out
        value isa T || return false
    end
    return true
end

function fast(@nospecialize(f), arguments)
    a, b = arguments[1], arguments[end]
    rows = all_rows(arguments)
    T = float_type(a, b)
    left = matrix(T, a)
    if length(arguments) == 1
        out = similar(left)
        one_by_one!(f, out, left)
    else
        right = matrix(T, b)
        m, n = joint(size(left, 1), size(right, 1)), joint(size(left, 2), size(right, 2))
        out = Matrix{T}(undef, m, n)
        two_by_two!(f, out, left, right)
    end
    rows && return adjoint(vec(out))
    return a isa Matrix || b isa Matrix || a isa Row || b isa Row ? out : vec(out)
end

"Whether all arrays are adjoint vectors: then the result is one, too."
function all_rows(arguments)
    for argument in arguments
        argument isa Row || isreal_number(argument) || return false
    end
    return true
end

float_type(@nospecialize(a), @nospecialize(b)) =
    a isa Number ? promoted_with(a, eltype(b)) :
    b isa Number ? promoted_with(b, eltype(a)) : promote_type(eltype(a), eltype(b))
promoted_with(number, T) = number isa Float64 ? Float64 : T

"Anything as a matrix."
function matrix(T, @nospecialize(a))
    a isa Number && return fill(convert(T, a), 1, 1)
    a isa Row && return reshape(convert(Vector{T}, parent(a)), 1, length(a))
    a isa Vector && return reshape(convert(Vector{T}, a), length(a), 1)
    return convert(Matrix{T}, a)
end

joint(m, n) =
    m == n || n == 1 ? m : m == 1 ? n : throw(DimensionMismatch("$m and $n entries"))

function one_by_one!(f::F, out, a) where {F}
    for i in eachindex(out)
        out[i] = f(a[i])
    end
end

function two_by_two!(f::F, out, a, b) where {F}
    for j in axes(out, 2), i in axes(out, 1)
        x = a[size(a, 1) == 1 ? 1 : i, size(a, 2) == 1 ? 1 : j]
        y = b[size(b, 1) == 1 ? 1 : i, size(b, 2) == 1 ? 1 : j]
        out[i, j] = f(x, y)
    end
end

"Functions of a whole matrix that take seconds to compile, and that nobody means here."
const OF_MATRICES = Any[exp, log, sqrt, sin, cos, tan, tanh, sinh, cosh, inv, ^, \, /]

function refuse_matrices(@nospecialize(f), arguments)
    f in OF_MATRICES || return
    for (i, argument) in enumerate(arguments)
        argument isa AbstractMatrix && !(f === (/) && i == 1) &&
            throw(ArgumentError("$f of a matrix"))
    end
end

"`f` of two arguments without a dot, as `f(a, b)`."
function two(@nospecialize(f), @nospecialize(a), @nospecialize(b))
    if isdense(a) && isdense(b)
        f === (*) && eltype(a) == eltype(b) && return product(a, b)
        if f === (+) || f === (-)
            size(a) == size(b) || throw(DimensionMismatch("$(size(a)) and $(size(b))"))
            return fast(f, Any[a, b])
        end
    elseif f === (*) && (isdense(a) && isreal_number(b) || isdense(b) && isreal_number(a)) ||
        f === (/) && isdense(a) && isreal_number(b)
        return fast(f, Any[a, b])
    end
    return Base.invokelatest(f, a, b)
end

function product(@nospecialize(a), @nospecialize(b))
    a isa Row && b isa Vector && return dot_of(parent(a), b)
    a isa Row && b isa Matrix && return adjoint(vec(times(a, b)))
    a isa Matrix && b isa Vector && return vec(times(a, b))
    a isa Vector && size(b, 1) != 1 && throw(DimensionMismatch("$(size(a)) and $(size(b))"))
    a isa Vector && b isa Vector && throw(DimensionMismatch("a product of two vectors"))
    a isa Row && b isa Row && throw(DimensionMismatch("a product of two rows"))
    return times(a, b)
end

function times(@nospecialize(a), @nospecialize(b))
    T = eltype(a)
    left, right = matrix(T, a), matrix(T, b)
    size(left, 2) == size(right, 1) || throw(DimensionMismatch("$(size(left)) and $(size(right))"))
    return BLAS.gemm('N', 'N', left, right)
end

function dot_of(a, b)
    length(a) == length(b) || throw(DimensionMismatch("$(length(a)) and $(length(b))"))
    return BLAS.dot(length(a), a, 1, b, 1)
end

"The adjoint, of a matrix as a matrix of its own: fewer types, fewer compiled methods."
transposed(@nospecialize(a)) =
    a isa Matrix{Float64} || a isa Matrix{Float32} ? flipped(a) : Base.invokelatest(adjoint, a)

function flipped(a)
    out = similar(a, size(a, 2), size(a, 1))
    for j in axes(a, 2), i in axes(a, 1)
        out[j, i] = a[i, j]
    end
    return out
end

"""
How far apart two values are, relative to the largest entry; `Inf` where they cannot be compared.
Axes of length 1 do not count.
"""
function apart(@nospecialize(a), @nospecialize(b))
    a isa Number && (a = fill(a))
    b isa Number && (b = fill(b))
    a isa AbstractArray{<:Number} && b isa AbstractArray{<:Number} || return Inf
    length(a) == length(b) && same_shape(a, b) || return Inf
    return gap(entries(a), entries(b))
end

entries(@nospecialize(a)) = a isa Array ? vec(a) : vec(collect(a))

function same_shape(@nospecialize(a), @nospecialize(b))
    i, j = 1, 1
    while true
        while i <= ndims(a) && size(a, i) == 1
            i += 1
        end
        while j <= ndims(b) && size(b, j) == 1
            j += 1
        end
        i > ndims(a) && return j > ndims(b)
        j <= ndims(b) && size(a, i) == size(b, j) || return false
        i, j = i + 1, j + 1
    end
end

function gap(a, b)
    largest, difference = 0.0, 0.0
    for i in 1:length(a)
        x, y = a[i], b[i]
        isfinite(x) && isfinite(y) || return Inf
        largest = max(largest, abs(x), abs(y))
        difference = max(difference, abs(x - y))
    end
    return largest > 0 ? Float64(difference / largest) : 0.0
end
