# h and p are matrices with a column for each word, filled by the forward pass; parameters by keyword.
function fprop!(h, p, X, Y, hPrev; Wxh, Whh, Bh, Why, By)
    cost = 0.0
    for t in axes(X, 2)
        before = t == 1 ? vec(hPrev) : h[:, t-1]
        h[:, t] = tanh.(Wxh * X[:, t] + Whh * before + vec(Bh))
        scores = Why * h[:, t] + vec(By)
        p[:, t] = exp.(scores) ./ sum(exp.(scores))
        cost -= sum(Y[:, t] .* log.(p[:, t]))
    end
    return cost, :done
end

function bprop(X, Y, h, p, hPrev, Whh, Why)
    n = size(h, 1)
    dWxh, dWhh, dBh = zeros(n, size(X, 1)), zeros(n, n), zeros(n, 1)
    dWhy, dBy = zeros(size(Y, 1), n), zeros(size(Y, 1), 1)
    carry = zeros(n)
    for t in size(X, 2):-1:1
        dy = p[:, t] - Y[:, t]
        dWhy += dy * h[:, t]'
        dBy .+= dy
        raw = (1 .- h[:, t] .^ 2) .* (Why' * dy + carry)
        dWxh += raw * X[:, t]'
        dBh .+= raw
        dWhh += raw * (t == 1 ? hPrev' : h[:, t-1]')
        carry = Whh' * raw
    end
    return dWxh, dWhh, dBh, dWhy, dBy
end
