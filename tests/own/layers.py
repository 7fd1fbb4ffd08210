"""Recurrent tagger, numpy only. Parameters in a dictionary, cache handed from forward to backward."""
import numpy as np


def init_params(n_words, n_hidden, n_tags, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "W_xh": rng.normal(0, 0.1, (n_words, n_hidden)),
        "W_hh": rng.normal(0, 0.1, (n_hidden, n_hidden)),
        "b_h": np.zeros(n_hidden),
        "W_hy": rng.normal(0, 0.1, (n_hidden, n_tags)),
        "b_y": np.zeros(n_tags),
    }


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def forward(params, X, Y, h0):
    """X (T, words) and Y (T, tags) one-hot, h0 (hidden,)."""
    T = X.shape[0]
    H = np.zeros((T + 1, h0.shape[0]), dtype=params["W_xh"].dtype)
    H[0] = h0
    for t in range(T):
        H[t + 1] = np.tanh(X[t] @ params["W_xh"] + H[t] @ params["W_hh"] + params["b_h"])
    probs = softmax(H[1:] @ params["W_hy"] + params["b_y"])
    loss = -np.sum(Y * np.log(probs))
    return loss, H, probs, (X, Y, H, probs)


def backward(params, cache):
    X, Y, H, probs = cache
    grads = {name: np.zeros_like(value) for name, value in params.items()}
    dz = probs - Y
    grads["W_hy"] = H[1:].T @ dz
    grads["b_y"] = dz.sum(axis=0)
    dh_next = np.zeros(H.shape[1])
    for t in reversed(range(len(X))):
        dh = params["W_hy"] @ dz[t] + dh_next
        da = (1 - H[t + 1] ** 2) * dh
        grads["b_h"] += da
        grads["W_xh"] += np.outer(X[t], da)
        grads["W_hh"] += np.outer(H[t], da)
        dh_next = params["W_hh"] @ da
    return grads


if __name__ == "__main__":
    import pickle

    data = pickle.load(open("data.pkl", "rb"))
    params = init_params(*data["sizes"])
    for epoch in range(100):
        print(epoch, forward(params, *data["train"])[0])
