#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "network/operations/attention_pattern.h"
#include "network/operations/composed_operations.h"
#include "network/operations/layers.h"
#include "network/operations/nearest_row.h"
#include "network/operations/rotary.h"
#include "network/operations/row_mixture.h"
#include "network/operations/sequences.h"

namespace diptych::network {

/// A batch of pictures between convolutions, channels last: row (b * height + y) * width + x of
/// `rows` holds the channels of one place. A 1 x 1 convolution is then a linear layer, and an
/// attention pool takes the rows as they are.
template <typename Tensor>
struct FeatureMap {
  Tensor rows;
  int batch = 0;
  int height = 0;
  int width = 0;
};

/// The operations a transformer is written in. An executor supplies them over a Tensor of its own:
/// a matrix [rows, width] of activations. engine::Operations computes on the CPU,
/// libtorch::Operations with libtorch. Those marked (c) an executor has from ComposedOperations
/// unless it writes its own.
///
/// What a pass over many layers looks up is made once and lies where the executor computes; it is
/// cheap to copy, as a Tensor is:
///
///   indices(numbers)             an Indices, of rows
///   pattern(attention pattern)   a Pattern
///   rotation(table, positions)   a Rotation: row i turns by row positions[i] of a rotary table,
///                                which outlives it
///
///   block(name, body, inputs...) (c) body(operations, inputs...), which is a block of a tower, its
///                                parameters all under `name`: what recomputing, sharding and
///                                profiles hold. An input is a Tensor or a FeatureMap, and so is
///                                the result. The body may be run again later, so that besides
///                                layers it refers to nothing that ends with the pass.
///   patches(pixels, size)        (c) [patches of all pictures, 3 * size * size], row by row,
///   values
///                                as a convolution's weight orders them (channel, y, x)
///   linear(x, layer, act, r)     act(x W^T + b + r); r, the residual, may be null
///   mlp(x, in, act, out, r)      (c) act(in(x)) out^T + b + r, of two layers; r may be null
///   norm(x, norm)                normalisation of every row, by its kind
///   attention(q, k, v, heads, pattern)
///                                softmax(q k^T / sqrt(head width)) v, sequence by sequence
///   rotate(x, rotation)          in every head the pair (a, b) of neighbouring columns becomes
///                                (a cos - b sin, b cos + a sin)
///   columns(x, first, count)     a part of every row
///   rows(x, indices)             the named rows, in that order
///   embed(parameter, indices)    the named rows of a parameter [rows, width]; a vector is one row
///   concatenate(a, b)            the rows of a, then those of b
///   append_rows(cache, x)        (c) the same where `cache` is not used again: its memory may be.
///                                Without gradients
///   prepend(first, x, sequences) (c) every sequence of x with its row of `first` before it
///   mean_rows(x, sequences)      the mean of every sequence's rows
///   mix_rows(x, mixture)         weighted sums of rows
///   nearest_rows(x, heads, sequences)
///                                for every row at an even place of its sequence (0, 2, ...), one
///                                after the other, which row at an odd place is most like it, by
///                                the cosine of their means over heads; the first of equals, none
///                                where no cosine is a number. On the host
///   add_constants(x, factor, c)  factor x + c, of as many numbers from the host
///   add(a, b)                    elementwise
///   multiply(a, b)               elementwise
///   scale(x, parameter)          every column times its element of a vector
///   activate(x, act)             elementwise
///
/// The concept checks what is cheap to state; the list above is the contract.
template <typename Ops>
concept SequenceOperations = requires(
    Ops ops, const typename Ops::Tensor& x, const typename Ops::Tensor* residual,
    const typename Ops::Indices& indices, const typename Ops::Pattern& pattern,
    const typename Ops::Rotation& rotation, const Pixels& pixels, const Sequences& sequences,
    std::span<const std::int32_t> numbers, std::span<const float> constants) {
  { ops.indices(numbers) } -> std::same_as<typename Ops::Indices>;
  { ops.pattern(AttentionPattern{}) } -> std::same_as<typename Ops::Pattern>;
  { ops.rotation(RotaryTable{}, numbers) } -> std::same_as<typename Ops::Rotation>;
  {
    ops.block(
        std::string_view(), [](Ops& /*ops*/, const typename Ops::Tensor& input) { return input; },
        x)
    } -> std::same_as<typename Ops::Tensor>;
  { ops.patches(pixels, 1) } -> std::same_as<typename Ops::Tensor>;
  { ops.linear(x, Linear{}, Activation::none, residual) } -> std::same_as<typename Ops::Tensor>;
  {
    ops.mlp(x, Linear{}, Activation::none, Linear{}, residual)
    } -> std::same_as<typename Ops::Tensor>;
  { ops.norm(x, Norm{}) } -> std::same_as<typename Ops::Tensor>;
  { ops.attention(x, x, x, 1, pattern) } -> std::same_as<typename Ops::Tensor>;
  { ops.rotate(x, rotation) } -> std::same_as<typename Ops::Tensor>;
  { ops.columns(x, 0, 1) } -> std::same_as<typename Ops::Tensor>;
  { ops.rows(x, indices) } -> std::same_as<typename Ops::Tensor>;
  { ops.embed(ParameterId{}, indices) } -> std::same_as<typename Ops::Tensor>;
  { ops.concatenate(x, x) } -> std::same_as<typename Ops::Tensor>;
  { ops.append_rows(x, x) } -> std::same_as<typename Ops::Tensor>;
  { ops.prepend(x, x, sequences) } -> std::same_as<typename Ops::Tensor>;
  { ops.mean_rows(x, sequences) } -> std::same_as<typename Ops::Tensor>;
  { ops.mix_rows(x, RowMixture{}) } -> std::same_as<typename Ops::Tensor>;
  { ops.nearest_rows(x, 1, sequences) } -> std::same_as<std::vector<NearestRow>>;
  { ops.add_constants(x, 1.0F, constants) } -> std::same_as<typename Ops::Tensor>;
  { ops.add(x, x) } -> std::same_as<typename Ops::Tensor>;
  { ops.multiply(x, x) } -> std::same_as<typename Ops::Tensor>;
  { ops.scale(x, ParameterId{}) } -> std::same_as<typename Ops::Tensor>;
  { ops.activate(x, Activation::gelu) } -> std::same_as<typename Ops::Tensor>;
};

/// The operations that towers of convolutions need besides.
///
///   feature_map(pixels)          the pictures as a FeatureMap of 3 channels
///   convolution(x, layer, act, r)
///                                act(batch_norm(x * W) + r), or act(x * W + b + r) where the
///                                layer has a bias instead; r may be null
///   average_pool(x, size, stride)
///                                mean over the size x size places of a window that moves by
///                                `stride`, as a convolution's with padding, which does not count
///   depthwise_convolution(x, layer)
///                                every channel by its own window, and bias
///   merge_places(x, size)        squares of size x size places as one place each, values as a
///                                convolution's weight orders them (channel, y, x)
///   repeat_columns(x, times)     every column so many times, side by side
template <typename Ops>
concept MapOperations = requires(Ops ops, const typename Ops::Tensor& x,
                                 const FeatureMap<typename Ops::Tensor>& map,
                                 const FeatureMap<typename Ops::Tensor>* residual,
                                 const Pixels& pixels) {
  { ops.feature_map(pixels) } -> std::same_as<FeatureMap<typename Ops::Tensor>>;
  {
    ops.convolution(map, Convolution{}, Activation::none, residual)
    } -> std::same_as<FeatureMap<typename Ops::Tensor>>;
  { ops.average_pool(map, 2, 2) } -> std::same_as<FeatureMap<typename Ops::Tensor>>;
  {
    ops.depthwise_convolution(map, DepthwiseConvolution{})
    } -> std::same_as<FeatureMap<typename Ops::Tensor>>;
  { ops.merge_places(map, 2) } -> std::same_as<FeatureMap<typename Ops::Tensor>>;
  { ops.repeat_columns(x, 2) } -> std::same_as<typename Ops::Tensor>;
};

template <typename Ops>
concept Operations = SequenceOperations<Ops> && MapOperations<Ops>;

}  // namespace diptych::network
