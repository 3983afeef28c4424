#pragma once

#include "json/config_fields.h"
#include "network/config.h"

namespace diptych::checkpoint {

/// Reads the fields of a transformers BertConfig, or of one derived from it; what is absent stays
/// as in `config`. Throws Error: corrupt_data, and unsupported naming the field.
network::BertConfig read_huggingface_bert(ConfigFields& fields, network::BertConfig config);

/// Reads the text_cfg of an open_clip model whose text tower is one of transformers' (it has an
/// `hf_model_name`): RoBERTa, XLM-R or BERT, as the name says or `hf_config` spells out. Throws
/// Error likewise.
network::BertConfig read_open_clip_bert(ConfigFields& fields, int embedding_width);

}  // namespace diptych::checkpoint
