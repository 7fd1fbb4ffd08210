# RNN with states as columns of numbers without a second axis: s[-1] is the state before the first word.
import numpy as np

hidden_dim = 100
U = np.random.uniform(-0.1, 0.1, (hidden_dim, 8000))
V = np.random.uniform(-0.1, 0.1, (45, hidden_dim))
W = np.random.uniform(-0.1, 0.1, (hidden_dim, hidden_dim))
b = np.zeros(hidden_dim)
c = np.zeros(45)

def softmax(x):
    xt = np.exp(x - np.max(x))
    return xt / np.sum(xt)

def forward_propagation(x):
    T = len(x)
    s = np.zeros((T + 1, len(b)), dtype=b.dtype)
    s[-1] = np.zeros(len(b))
    o = np.zeros((T, len(c)), dtype=b.dtype)
    for t in np.arange(T):
        s[t] = np.tanh(U[:, x[t]] + W.dot(s[t - 1]) + b)
        o[t] = softmax(V.dot(s[t]) + c)
    return o, s

def calculate_loss(x, y):
    o, s = forward_propagation(x)
    correct_word_predictions = o[np.arange(len(y)), y]
    return -1 * np.sum(np.log(correct_word_predictions)), o, s

def bptt(x, y):
    T = len(y)
    o, s = forward_propagation(x)
    dLdU = np.zeros(U.shape)
    dLdV = np.zeros(V.shape)
    dLdW = np.zeros(W.shape)
    dLdb = np.zeros(b.shape)
    delta_o = o
    delta_o[np.arange(len(y)), y] -= 1.
    dLdc = delta_o.sum(axis=0)
    for t in np.arange(T)[::-1]:
        dLdV += np.outer(delta_o[t], s[t].T)
        delta_t = V.T.dot(delta_o[t]) * (1 - (s[t] ** 2))
        for bptt_step in np.arange(0, t + 1)[::-1]:
            dLdW += np.outer(delta_t, s[bptt_step - 1])
            dLdU[:, x[bptt_step]] += delta_t
            dLdb += delta_t
            delta_t = W.T.dot(delta_t) * (1 - s[bptt_step - 1] ** 2)
    return dLdU, dLdV, dLdW, dLdb, dLdc
