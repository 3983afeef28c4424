#include "diptych/prompts.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/utf8.h"
#include "diptych/blank_text.h"

namespace diptych {
namespace {

// Published with CLIP (github.com/openai/CLIP, notebooks/Prompt_Engineering_for_ImageNet.ipynb):
// copyright (c) 2021 OpenAI, under the MIT licence, which data/vocabularies/README.md quotes.
constexpr std::string_view kOpenAi80[] = {
    "a bad photo of a {}.",
    "a photo of many {}.",
    "a sculpture of a {}.",
    "a photo of the hard to see {}.",
    "a low resolution photo of the {}.",
    "a rendering of a {}.",
    "graffiti of a {}.",
    "a bad photo of the {}.",
    "a cropped photo of the {}.",
    "a tattoo of a {}.",
    "the embroidered {}.",
    "a photo of a hard to see {}.",
    "a bright photo of a {}.",
    "a photo of a clean {}.",
    "a photo of a dirty {}.",
    "a dark photo of the {}.",
    "a drawing of a {}.",
    "a photo of my {}.",
    "the plastic {}.",
    "a photo of the cool {}.",
    "a close-up photo of a {}.",
    "a black and white photo of the {}.",
    "a painting of the {}.",
    "a painting of a {}.",
    "a pixelated photo of the {}.",
    "a sculpture of the {}.",
    "a bright photo of the {}.",
    "a cropped photo of a {}.",
    "a plastic {}.",
    "a photo of the dirty {}.",
    "a jpeg corrupted photo of a {}.",
    "a blurry photo of the {}.",
    "a photo of the {}.",
    "a good photo of the {}.",
    "a rendering of the {}.",
    "a {} in a video game.",
    "a photo of one {}.",
    "a doodle of a {}.",
    "a close-up photo of the {}.",
    "a photo of a {}.",
    "the origami {}.",
    "the {} in a video game.",
    "a sketch of a {}.",
    "a doodle of the {}.",
    "a origami {}.",
    "a low resolution photo of a {}.",
    "the toy {}.",
    "a rendition of the {}.",
    "a photo of the clean {}.",
    "a photo of a large {}.",
    "a rendition of a {}.",
    "a photo of a nice {}.",
    "a photo of a weird {}.",
    "a blurry photo of a {}.",
    "a cartoon {}.",
    "art of a {}.",
    "a sketch of the {}.",
    "a embroidered {}.",
    "a pixelated photo of a {}.",
    "itap of the {}.",
    "a jpeg corrupted photo of the {}.",
    "a good photo of a {}.",
    "a plushie {}.",
    "a photo of the nice {}.",
    "a photo of the small {}.",
    "a photo of the weird {}.",
    "the cartoon {}.",
    "art of the {}.",
    "a drawing of the {}.",
    "a photo of the large {}.",
    "a black and white photo of a {}.",
    "the plushie {}.",
    "a dark photo of a {}.",
    "itap of a {}.",
    "graffiti of the {}.",
    "a toy {}.",
    "itap of my {}.",
    "a photo of a cool {}.",
    "a photo of a small {}.",
    "a tattoo of the {}.",
};

// The seven of them that a forward selection on ImageNet keeps, from the same notebook.
constexpr std::string_view kSimple7[] = {
    "itap of a {}.",
    "a bad photo of the {}.",
    "a origami {}.",
    "a photo of the large {}.",
    "a {} in a video game.",
    "art of the {}.",
    "a photo of the small {}.",
};

/// A place for the label at the start of `text`, or an empty view.
std::string_view leading_place(std::string_view text) {
  for (const std::string_view place : {std::string_view("{label}"), std::string_view("{}")}) {
    if (text.starts_with(place)) return place;
  }
  return {};
}

}  // namespace

std::vector<std::string> prompt_templates(std::string_view name) {
  if (name == "openai_80") return {std::begin(kOpenAi80), std::end(kOpenAi80)};
  if (name == "simple_7") return {std::begin(kSimple7), std::end(kSimple7)};
  fail(ErrorCode::invalid_argument, "prompt templates: got '{}', expected openai_80 or simple_7",
       name);
}

bool has_place_for_label(std::string_view prompt_template) {
  return prompt_template.find("{label}") != std::string_view::npos ||
         prompt_template.find("{}") != std::string_view::npos;
}

std::string fill_template(std::string_view prompt_template, std::string_view label) {
  if (!has_place_for_label(prompt_template)) {
    fail(ErrorCode::invalid_argument,
         "prompt template: got '{}', expected {{label}} or {{}} in it, where the label goes",
         prompt_template);
  }
  std::string filled;
  while (!prompt_template.empty()) {
    const std::string_view place = leading_place(prompt_template);
    if (place.empty()) {
      filled += prompt_template.front();
    } else {
      filled += label;
    }
    prompt_template.remove_prefix(std::max<std::size_t>(place.size(), 1));
  }
  return filled;
}

std::vector<std::string> label_prompts(std::string_view label,
                                       std::span<const std::string> templates,
                                       PromptLanguage language) {
  if (templates.empty()) return {fill_template(default_template(label, language), label)};
  std::vector<std::string> prompts;
  for (const std::string& prompt : templates) prompts.push_back(fill_template(prompt, label));
  return prompts;
}

void check_templates(std::span<const std::string> templates) {
  for (const std::string& prompt : templates) {
    fill_template(prompt, "");
    if (!is_utf8(prompt)) {
      fail(ErrorCode::invalid_argument, "prompt template: got '{}', expected UTF-8", prompt);
    }
  }
}

void check_labels(std::span<const std::string> labels) {
  if (labels.empty()) fail(ErrorCode::invalid_argument, "labels: got none, expected at least one");
  std::map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string& label = labels[i];
    if (!is_utf8(label)) {
      fail(ErrorCode::invalid_argument, "label {}: got bytes that are not UTF-8", i + 1);
    }
    if (is_blank(label)) {
      fail(ErrorCode::invalid_argument, "label {}: got an empty label, expected a text", i + 1);
    }
    const auto [first, is_new] = seen.emplace(label, i);
    if (!is_new) {
      fail(ErrorCode::invalid_argument,
           "label {}: got '{}' again, expected it once (it is label {})", i + 1, label,
           first->second + 1);
    }
  }
}

}  // namespace diptych
