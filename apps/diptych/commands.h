#pragma once

#include "command.h"

// One command each, in the file of its name: declares the options and says what runs.
void add_bench(Command program);
void add_caption(Command program);
void add_classify(Command program);
void add_convert(Command program);
void add_curate(Command program);
void add_duplicates(Command program);
void add_embed(Command program);
void add_evaluate(Command program);
void add_finetune(Command program);
void add_inspect(Command program);
void add_models(Command program);
void add_preprocess(Command program);
void add_pull(Command program);
void add_search(Command program);
void add_soup(Command program);
void add_shards(Command program);
void add_tokenize(Command program);
void add_train(Command program);
void add_verify(Command program);
