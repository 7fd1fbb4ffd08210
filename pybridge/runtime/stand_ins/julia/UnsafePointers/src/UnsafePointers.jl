# PythonCall reads and writes Python's C structures through `UnsafePtr`: `p.field` is a pointer to
# that field, `p[]` and `p[i]` load what is pointed at, `p[] = v` stores. What is loaded is wrapped
# again if it is a pointer, so that `p.as_buffer[].get[!]` can be said; `[!]` loads without
# wrapping. Nothing else of UnsafePointers.jl is used.
module UnsafePointers

export UnsafePtr

struct UnsafePtr{T} <: Ref{T}
    pointer::Ptr{T}
    UnsafePtr{T}(p::Ptr) where {T} = new{T}(Ptr{T}(p))
end
UnsafePtr(p::Ptr{T}) where {T} = UnsafePtr{T}(p)
UnsafePtr{T}(x) where {T} = UnsafePtr{T}(Base.unsafe_convert(Ptr{T}, x))

# Not `p.pointer`: a dot means a field of what is pointed at.
Base.pointer(p::UnsafePtr) = getfield(p, :pointer)

Base.unsafe_convert(::Type{P}, p::UnsafePtr) where {P<:Ptr} = P(pointer(p))
Base.convert(::Type{P}, p::UnsafePtr) where {P<:Ptr} = P(pointer(p))
(::Type{P})(p::UnsafePtr) where {T,P<:Ptr{T}} = P(pointer(p))
Ptr(p::UnsafePtr) = pointer(p)

Base.:(==)(p::UnsafePtr, q::Ptr) = pointer(p) == q
Base.:(==)(p::Ptr, q::UnsafePtr) = p == pointer(q)
Base.:(==)(p::UnsafePtr, q::UnsafePtr) = pointer(p) == pointer(q)

Base.String(p::UnsafePtr{<:Union{Cchar,UInt8}}) = unsafe_string(pointer(p))
Base.eltype(::Type{UnsafePtr{T}}) where {T} = T

wrapped(x) = x
wrapped(x::Ptr) = UnsafePtr(x)

Base.getindex(p::UnsafePtr, i::Integer=1) = wrapped(unsafe_load(pointer(p), i))
Base.getindex(p::UnsafePtr, ::typeof(!), i::Integer=1) = unsafe_load(pointer(p), i)

function Base.setindex!(p::UnsafePtr{T}, x, i::Integer=1) where {T}
    unsafe_store!(pointer(p), convert(T, x), i)
    return p
end

# Generated, so that a field's offset is a constant in the compiled code.
@generated function field(p::UnsafePtr{T}, ::Val{name}) where {T,name}
    at = findfirst(==(name), fieldnames(T))
    at === nothing && return :(error("no field ", $(QuoteNode(name)), " in ", $T))
    return :(UnsafePtr{$(fieldtype(T, at))}(Ptr{Cvoid}(pointer(p)) + $(fieldoffset(T, at))))
end

Base.getproperty(p::UnsafePtr, name::Symbol) = field(p, Val(name))
Base.setproperty!(p::UnsafePtr, name::Symbol, x) = field(p, Val(name))[] = x

end
