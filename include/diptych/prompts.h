#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diptych {

/// What a label is put into when nothing else is asked for, as in CLIP's paper.
inline constexpr std::string_view kDefaultTemplate = "A photo of a {label}";

/// A published set of prompt templates: "openai_80" (the ensemble CLIP reports on ImageNet) or
/// "simple_7" (the seven of them that do best). Throws Error(invalid_argument) listing the names
/// there are.
std::vector<std::string> prompt_templates(std::string_view name);

/// Whether a text can be used as a template: it contains `{label}` or `{}`.
bool has_place_for_label(std::string_view prompt_template);

/// The template with every `{label}` and `{}` replaced by the label. Throws
/// Error(invalid_argument) for a template without a place for the label.
std::string fill_template(std::string_view prompt_template, std::string_view label);

/// Throws Error(invalid_argument), naming the label by its number from 1, when there is no label,
/// or one is empty, not UTF-8, or stands twice.
void check_labels(std::span<const std::string> labels);

}  // namespace diptych
