#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diptych/matrix.h"
#include "evaluate/embedder.h"

namespace diptych::evaluate {

/// Returns why an answer among these labels says less than it seems to, one sentence each; usually
/// none:
///   - labels that are another thing than a list of them (label_list.h);
///   - labels with the same class embedding, which no picture can tell apart;
///   - labels that the text tower does not get as they are: too long, with unknown words, with what
///     stands for a text's start or end, or with HTML's entities;
///   - templates that it does not get as they are either;
///   - a template that is given twice, and counts twice;
///   - templates and labels that both have an article ("A photo of a a cat");
///   - templates with something in braces that is no place for the label.
/// `what` is what a label is called: "label", "class name".
std::vector<std::string> label_notes(std::string_view what, std::span<const std::string> labels,
                                     std::span<const std::string> templates,
                                     const Embedder& embedder, const Matrix& class_embeddings);

}  // namespace diptych::evaluate
