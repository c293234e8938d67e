"""Which of torch's kernels stand behind a word of `forbidden` in course.yml.

A word is what a learner would write: `softmax`, `clamp`. Barring its name in the source would refuse honest code (a
method of one's own called `norm`) and miss a function that comes by another road. So what is barred is the kernel,
where the call ends up whatever its road. This module is plain text: reading a course must not import torch.

A kernel's relatives need not be listed: with `tanh` go `tanh_`, `_foreach_tanh`, `special_tanh` and their forms with
`out=` (see grader/sandbox/dispatch.py). What torch builds out of other kernels needs no entry of its own either,
such as `gumbel_softmax` on top of `_softmax`.
"""

from __future__ import annotations

from collections.abc import Iterable

_ATTENTION = """
    scaled_dot_product_attention _scaled_dot_product_attention_math _scaled_dot_product_flash_attention_for_cpu
    _scaled_dot_product_flash_attention _scaled_dot_product_efficient_attention _scaled_dot_product_cudnn_attention
    _flash_attention_forward _efficient_attention_forward _native_multi_head_attention
    _triton_scaled_dot_attention _triton_multi_head_attention _transformer_encoder_layer_fwd
"""
_GATES = """
    lstm lstm_cell gru gru_cell _thnn_fused_lstm_cell _thnn_fused_gru_cell mkldnn_rnn_layer _cudnn_rnn
    quantized_lstm_cell quantized_gru_cell
"""
_TANH_CELLS = "rnn_tanh rnn_tanh_cell quantized_rnn_tanh_cell"
_SOFTMAX = f"""
    softmax _softmax _safe_softmax _masked_softmax _sparse_softmax _nested_tensor_softmax_with_shape
    _softmax_backward_data {_ATTENTION}
"""
_NORM = """
    norm native_norm linalg_vector_norm linalg_norm linalg_matrix_norm frobenius_norm nuclear_norm
    norm_except_dim _weight_norm _weight_norm_interface renorm embedding_renorm
"""
_BATCH_NORM = """
    batch_norm native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_functional
    _native_batch_norm_legit_no_training _batch_norm_with_update _batch_norm_no_update _batch_norm_impl_index
    batch_norm_elemt batch_norm_update_stats batch_norm_gather_stats batch_norm_gather_stats_with_counts
    cudnn_batch_norm miopen_batch_norm quantized_batch_norm native_batch_norm_backward instance_norm
"""
_NEGATIVE_LOG_LIKELIHOOD = """
    nll_loss nll_loss_nd nll_loss_forward nll_loss2d nll_loss2d_forward nll_loss_backward nll_loss2d_backward
"""

# Words whose kernels have other names than they, or more than one. Where one is barred the exercise is to be built
# from what is elementary, so what gives the answer away by one step of arithmetic belongs to it as well.
_FAMILIES = {
    # activations
    "softmax": _SOFTMAX,
    "softmin": _SOFTMAX,
    "log_softmax": "log_softmax _log_softmax _sparse_log_softmax _log_softmax_backward_data cross_entropy_loss",
    "logcumsumexp": "logcumsumexp _logcumsumexp",
    "softplus": "softplus softplus_backward soft_margin_loss",
    "sigmoid": f"sigmoid sigmoid_backward glu glu_backward glu_jvp glu_backward_jvp {_GATES}",
    "logsigmoid": "log_sigmoid log_sigmoid_forward log_sigmoid_backward",
    "tanh": f"tanh tanh_backward {_TANH_CELLS} {_GATES}",
    "relu": "relu relu6 _add_relu _addmm_activation rnn_relu rnn_relu_cell quantized_rnn_relu_cell",
    "threshold": "threshold threshold_backward",
    "hardtanh": "hardtanh hardtanh_backward relu6",
    "prelu": "prelu _prelu_kernel _prelu_kernel_backward",
    "rrelu": "rrelu rrelu_with_noise rrelu_with_noise_functional rrelu_with_noise_backward",
    "elu": "elu elu_backward celu selu",
    "leaky_relu": "leaky_relu leaky_relu_backward",
    "gelu": "gelu gelu_backward infinitely_differentiable_gelu_backward _addmm_activation",
    "silu": "silu silu_backward",
    "mish": "mish mish_backward",
    "glu": "glu glu_backward glu_jvp glu_backward_jvp",
    "hardswish": "hardswish hardswish_backward",
    "hardsigmoid": "hardsigmoid hardsigmoid_backward",
    # losses
    "mse_loss": "mse_loss mse_loss_backward",
    "binary_cross_entropy": "binary_cross_entropy binary_cross_entropy_backward",
    "cross_entropy": f"cross_entropy_loss {_NEGATIVE_LOG_LIKELIHOOD}",
    "nll_loss": f"poisson_nll_loss {_NEGATIVE_LOG_LIKELIHOOD}",
    # lengths and distances
    "norm": _NORM,
    "vector_norm": "linalg_vector_norm",
    "matrix_norm": "linalg_matrix_norm",
    "frobenius_norm": "frobenius_norm linalg_matrix_norm",
    "nuclear_norm": "nuclear_norm linalg_matrix_norm",
    "linalg": "linalg_norm linalg_vector_norm linalg_matrix_norm linalg_vecdot",
    "dist": "dist _euclidean_dist pairwise_distance",
    "cdist": "cdist _cdist_forward _euclidean_dist pdist _pdist_forward",
    "renorm": "renorm embedding_renorm",
    "cosine_similarity": "cosine_similarity cosine_embedding_loss",
    # regularization and clipping
    "dropout": "dropout native_dropout native_dropout_backward _fused_dropout",
    "feature_dropout": "feature_dropout feature_alpha_dropout",
    "clamp": "clamp clip clamp_min clamp_max",
    "clip": "clamp clip",
    # quantization
    "quantize_per_tensor": "quantize_per_tensor quantize_per_tensor_dynamic _make_per_tensor_quantized_tensor",
    "quantize_per_channel": "quantize_per_channel _make_per_channel_quantized_tensor",
    "fake_quantize_per_tensor_affine": """
        fake_quantize_per_tensor_affine fake_quantize_per_tensor_affine_cachemask
        fake_quantize_per_tensor_affine_cachemask_backward _fake_quantize_learnable_per_tensor_affine
        _fake_quantize_per_tensor_affine_cachemask_tensor_qparams
        _fake_quantize_learnable_per_tensor_affine_backward
    """,
    "fake_quantize_per_channel_affine": """
        fake_quantize_per_channel_affine fake_quantize_per_channel_affine_cachemask
        fake_quantize_per_channel_affine_cachemask_backward _fake_quantize_learnable_per_channel_affine
        _fake_quantize_learnable_per_channel_affine_backward
    """,
    "fused_moving_avg_obs_fake_quant": "fused_moving_avg_obs_fake_quant _fused_moving_avg_obs_fq_helper",
    "choose_qparams_optimized": "choose_qparams_optimized _choose_qparams_per_tensor",
    # normalization
    "batch_norm": _BATCH_NORM,
    "native_batch_norm": _BATCH_NORM,
    "instance_norm": _BATCH_NORM,
    "layer_norm": "layer_norm native_layer_norm native_layer_norm_backward",
    "native_layer_norm": "native_layer_norm native_layer_norm_backward",
    "group_norm": "group_norm native_group_norm native_group_norm_backward",
    "native_group_norm": "native_group_norm native_group_norm_backward",
    "rms_norm": "rms_norm _fused_rms_norm _fused_rms_norm_backward",
    # layers
    "unique": "_unique _unique2 unique_dim unique_consecutive",
    "linear": "linear mkldnn_linear linear_backward bilinear _trilinear _addmm_activation",
    "optim": "_fused_adam _fused_adamw _fused_sgd _fused_adagrad",
}

# Words whose kernel has their own name; no exercise can do without most of the second list.
_NAMESAKES = """
    addmm addmv addbmm baddbmm alpha_dropout batch_norm_stats bilinear binary_cross_entropy_with_logits celu clamp_max
    clamp_min cosh dequantize erfinv gradient hinge_embedding_loss huber_loss hypot int_repr kl_div l1_loss lgamma
    logaddexp logaddexp2 logit logsumexp margin_ranking_loss nan_to_num native_dropout quantize_per_tensor_dynamic
    selu sinh smooth_l1_loss soft_margin_loss std_mean tan tensordot var_mean xlogy
"""
_ELEMENTARY = """
    abs acos acosh add addcdiv addcmul addr amax amin aminmax argmax argmin argsort asin asinh atan
    atan2 atanh bernoulli bincount bmm bucketize cat ceil copysign corrcoef cos cov cross cummax cummin cumprod cumsum
    cumulative_trapezoid diff div dot einsum erf erfc exp exp2 expm1 fix float_power floor fmax fmin fmod frac frexp
    gather heaviside histc index_add inner kron kthvalue ldexp lerp log log10 log1p log2 matmul max maximum mean median
    min minimum mm mode mul multinomial mv nanmean nanmedian nansum nextafter outer pow prod quantile reciprocal
    remainder round rsqrt scatter scatter_add scatter_reduce searchsorted sgn sign sin sinc sort sqrt square std sub
    sum topk trace trapezoid trunc var vdot
"""

# Ways out of the complex numbers. A derivative by the complex step needs one.
_OUT_OF_COMPLEX = """
    view_as_real view_as_real_copy real imag angle abs _to_copy copy_ view.dtype _local_scalar_dense norm
    linalg_vector_norm var std _fft_c2r _linalg_eigh _linalg_svd
"""

KERNELS: dict[str, tuple[str, ...]] = {
    **{word: (word,) for word in (_NAMESAKES + _ELEMENTARY).split()},
    **{word: tuple(dict.fromkeys(kernels.split())) for word, kernels in _FAMILIES.items()},
    "complex": tuple(_OUT_OF_COMPLEX.split()),
}

# What is made ready before any learner's code runs: getting a word's kernels ready takes milliseconds. A kernel that
# is ready and not barred costs microseconds a call, too much for the elementary ones; they wait until they are asked
# for.
PREPARED = tuple(word for word in KERNELS if word not in _ELEMENTARY.split())

# These are barred only where an argument is complex.
ONLY_COMPLEX = frozenset({"complex"})


def unknown(words: Iterable[str]) -> list[str]:
    """Those of `words` that stand for no kernel: nothing would be barred by them."""
    return [word for word in words if word not in KERNELS]
