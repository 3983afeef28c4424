#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diptych/export.h"

namespace diptych {

/// What an English noun is put into when nothing else is asked for, as in CLIP's paper.
inline constexpr std::string_view kDefaultTemplate = "A photo of a {label}";

/// The language of the texts that a model was trained on, for labels that do not show theirs.
enum class PromptLanguage { english, chinese };

/// Returns the template that makes a phrase of a label when nothing else is asked for:
///   - "{label}" for one that names a picture itself ("a photo of a cat", "猫的照片"), and for one
///     in another script than Latin or Chinese;
///   - "A photo of {label}" for one that begins with an English article or another determiner
///     ("a cat", "the moon", "two dogs"), in upper or lower case;
///   - "一张{label}的照片" for one with a Chinese character, "{label}的照片" for one that begins
///   with
///     一 and a measure word ("一只猫");
///   - for any other that of `language`: `kDefaultTemplate` or "一张{label}的照片".
DIPTYCH_API std::string_view default_template(std::string_view label,
                                              PromptLanguage language = PromptLanguage::english);

/// Returns a published set of prompt templates: "openai_80" (the ensemble CLIP reports on ImageNet)
/// or "simple_7" (the seven of them that do best). Throws Error(invalid_argument) listing the names
/// there are.
DIPTYCH_API std::vector<std::string> prompt_templates(std::string_view name);

/// Returns whether a text can be used as a template: it contains `{label}` or `{}`.
DIPTYCH_API bool has_place_for_label(std::string_view prompt_template);

/// Returns the template with every `{label}` and `{}` replaced by the label. Throws
/// Error(invalid_argument) for a template without a place for the label.
DIPTYCH_API std::string fill_template(std::string_view prompt_template, std::string_view label);

/// Returns the texts that stand for a label: it in every template, or in its default one when there
/// are no templates. Throws Error(invalid_argument) as `fill_template`.
DIPTYCH_API std::vector<std::string> label_prompts(
    std::string_view label, std::span<const std::string> templates,
    PromptLanguage language = PromptLanguage::english);

/// Throws Error(invalid_argument), quoting the template, when one has no place for the label or is
/// not UTF-8.
DIPTYCH_API void check_templates(std::span<const std::string> templates);

/// Throws Error(invalid_argument), naming the label by its number from 1, when there is no label,
/// or one is empty, not UTF-8, or stands twice.
DIPTYCH_API void check_labels(std::span<const std::string> labels);

/// Returns what shows that texts, taken a line each, are another thing than that, one sentence
/// each; usually none: rows of a table, its heading, JSON, quotes that belong to no text, markup,
/// templates. `what` is what one is called: "text", "query".
DIPTYCH_API std::vector<std::string> line_notes(std::string_view what,
                                                std::span<const std::string> lines);

/// Returns `line_notes` of one query that pictures are searched with, and whether it has operators
/// of search engines ("cat -dog", "cat OR dog"), which are words like others.
DIPTYCH_API std::vector<std::string> query_notes(std::string_view query);

}  // namespace diptych
