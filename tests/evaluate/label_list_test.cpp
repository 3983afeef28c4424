#include "evaluate/label_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diptych/prompts.h"

namespace diptych::evaluate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Labels = std::vector<std::string>;

void expect_note(const Labels& labels, const std::string& part) {
  EXPECT_THAT(list_notes("label", labels), ElementsAre(HasSubstr(part))) << labels.front();
}

TEST(ListNotes, OnListsOfLabelsThereAreNone) {
  for (const Labels& labels :
       {Labels{"cat", "dog"}, Labels{"猫", "狗"}, Labels{"cat"}, Labels{"1", "2"},
        Labels{"tench, Tinca tinca", "goldfish, Carassius auratus"}, Labels{"AC/DC", "3D model"},
        Labels{"cat", "red,green"}, Labels{"what a \"cat\"", "'tis the season"}, Labels{},
        Labels{"_", "a cat_"}, Labels{"1960s photo", "1970s photo"}, Labels{"a name", "a class"},
        Labels{"[sic]", "x"}, Labels{"Boeing 737", "Airbus 320"}, Labels{"1.5 l", "100%"},
        Labels{"(a) cat", "(b) dog"}, Labels{"n1 road", "n2 road"}, Labels{"cat < dog", "x <y>"}})
    EXPECT_THAT(list_notes("label", labels), IsEmpty()) << labels.size();
}

TEST(ListNotes, RowsOfATableAreNoted) {
  expect_note({"0,cat", "1,dog"}, "every label has a ',' in it");
  expect_note({"cat;1", "dog;2"}, "every label has a ';' in it");
  expect_note({"cat|1", "dog|2"}, "every label has a '|' in it");
  expect_note({"cat\t1", "dog\t2"}, "every label has a tab in it");
  expect_note({"id,name", "1,cat"}, "as the rows of a table have, and is taken whole: 'id,name'");
}

TEST(ListNotes, AListInOneLineIsNoted) {
  for (const char* line : {"cat,dog,bird", "cat, dog, bird", "cat; dog", "猫，狗", "猫、狗"})
    expect_note({line}, "the only label may be a list of several");
}

TEST(ListNotes, AHeadingIsNoted) {
  expect_note({"label", "cat", "dog"}, "the first label, 'label', is what a table's column");
  expect_note({"Class Name", "cat"}, "the first label, 'Class Name'");
  EXPECT_THAT(list_notes("label", Labels{"cat", "label"}), IsEmpty());
}

TEST(ListNotes, JsonIsNotedAndNothingElseOfIt) {
  expect_note({R"(["cat", "dog"])"}, "look like JSON");
  expect_note({"[", "\"cat\",", "\"dog\"", "]"}, "look like JSON");
  expect_note({R"({"0": "cat",)", R"("1": "dog"})"}, ".json");
}

TEST(ListNotes, QuotesAndBulletsAreNoted) {
  expect_note({"\"cat\"", "\"dog\""}, "quotes around a label belong to it: \"cat\"");
  expect_note({"- cat", "- dog"}, "what stands before a label belongs to it");
  expect_note({"1. cat", "2. dog"}, "numbers and marks too: '1. cat'");
  expect_note({"# animals", "cat"}, "'# animals'");
  expect_note({"0 cat", "1 dog"}, "numbers and marks too: '0 cat'");
  expect_note({"1.cat", "2.dog"}, "numbers and marks too: '1.cat'");
  expect_note({"names:", "0: cat", "1: dog"}, "numbers and marks too: '0: cat'");
  EXPECT_THAT(list_notes("label", Labels{"1 cat", "3 dogs"}), IsEmpty());
  EXPECT_THAT(list_notes("label", Labels{"7up", "cola"}), IsEmpty());
}

TEST(ListNotes, WhatOtherProgramsWriteIsNoted) {
  expect_note({R"({\rtf1\ansi\ansicpg1252)", R"(\f0\fs24 \cf0 cat\)", "dog}"}, "(RTF)");
  expect_note({"cat", "<<<<<<< HEAD", "dog", "=======", "wolf", ">>>>>>> main"}, "left undecided");
  expect_note({"total 12", "drwxr-xr-x 2 me me 4096 Nov 1 10:00 cat"}, "a file's mode");
  expect_note({"cat/", "dog/"}, "as paths have");
  expect_note({"├── cat", "└── dog"}, "what stands before a label");
  expect_note({"12 cat", "3 dog", "1 cow"}, "'3 dog'");
  expect_note({"train: images", "nc: 2", "names: [cat]"}, "'nc: 2'");
  expect_note({"('cat', 'dog')", "('cow', 'pig')"}, "brackets and quotes");
  expect_note({"LABEL1=cat", "LABEL2=dog"}, "'LABEL1=cat'");
  expect_note({"A: cat", "B: dog"}, "'A: cat'");
  expect_note({"a) cat", "b) dog"}, "'a) cat'");
  expect_note({"Q146 cat", "Q144 dog"}, "'Q146 cat'");
  expect_note({"0x01 cat", "0x02 dog"}, "'0x01 cat'");
  expect_note({"d41d8cd98f00b204e9800998ecf8427e  cat", "0cc175b9c0f1b6a831c399e269772661  dog"},
              "d41d8cd9");
  expect_note({"2023-01-01 cat", "2023-01-02 dog"}, "'2023-01-01 cat'");
  expect_note({"50% cat", "50% dog"}, "'50% cat'");
  expect_note({"① cat", "② dog"}, "'① cat'");
  expect_note({"一、猫", "二、狗"}, "'一、猫'");
  expect_note({"I. cat", "II. dog"}, "'I. cat'");
  expect_note({"[labels]", "cat = 1.5 kg", "dog = 3 kg"}, "'cat = 1.5 kg'");
  expect_note({"cat:1", "dog:2"}, "the number after a label");
  expect_note({"+cat", "-dog"}, "'+cat'");
  expect_note({"cat 1", "cat 2", "dog 1"}, "the number after a label");
  expect_note({"cats 2021-05", "dogs 2022-01"}, "the number after a label");
  expect_note({"cat", "cat (1)", "dog"}, "'cat (1)' is called as a copy");
  expect_note({"cat", "cat - Copy"}, "'cat - Copy' is called as a copy");
  expect_note({"animals: cat", "dog", "bird"}, "what stands before a ':'");
  expect_note({"cat", "dog", "etc."}, "'etc.', may be answered");
  expect_note({"cat", "-dog"}, "a '-' excludes no label");
  expect_note({"Here they are:", "- cat", "- dog", "Is that all?"}, "'- cat'");
  expect_note({"**cat**", "**dog**"}, "'**cat**'");
  expect_note({"cat -> animal", "banana -> fruit"}, "what an arrow leads to");
  for (const Labels& labels :
       {Labels{"10 euros", "20 euros"}, Labels{"Boeing 737", "Boeing 747"},
        Labels{"route 1", "lane 2"}, Labels{"1.5 l", "0.5 l"}, Labels{"7-eleven", "3-ply"},
        Labels{"d-day landing", "rw-film"}, Labels{"10:30", "11:45"}, Labels{"(a \"cat\")", "dog"},
        Labels{"a cat: a pet", "a dog: a pet"}})
    EXPECT_THAT(list_notes("label", labels), IsEmpty()) << labels.front();
}

TEST(ListNotes, PlacesOfATemplateAreNoted) {
  expect_note({"a photo of a {label}", "a dog"}, "is put into a template, and is none");
  expect_note({"cat", "a {}"}, "'a {}'");
}

TEST(ListNotes, UnderscoresBetweenWordsAreNoted) {
  expect_note({"cat", "golden_retriever"}, "no blank to the model: 'golden_retriever'");
}

TEST(LineNotes, AreOnTablesAndJsonAlone) {
  const auto notes = [](const Labels& lines) { return line_notes("text", lines); };
  EXPECT_THAT(notes({"filepath,title", "x.jpg,a cat"}),
              ElementsAre(HasSubstr("every text has a ',' in it")));
  EXPECT_THAT(notes({"title", "a cat"}), ElementsAre(HasSubstr("the first text, 'title'")));
  EXPECT_THAT(notes({R"({"text": "a cat"})", R"({"text": "a dog"})"}),
              ElementsAre(HasSubstr("look like JSON")));
  EXPECT_THAT(notes({"\"a cat\""}), ElementsAre(HasSubstr("quotes around a text belong to it")));
  EXPECT_THAT(notes({"a cat, asleep"}), IsEmpty());
  EXPECT_THAT(notes({"- a cat", "- a file_name"}), IsEmpty());
  EXPECT_THAT(notes({}), IsEmpty());
}

TEST(ListNotes, AClassNameIsCalledSo) {
  EXPECT_THAT(list_notes("class name", Labels{"0,cat", "1,dog"}),
              ElementsAre(HasSubstr("every class name has")));
}

TEST(ListNotes, RemarksAreNoted) {
  expect_note({"cat # 281", "dog"}, "what follows it belongs to a label: 'cat # 281'");
  for (const Labels& labels : {Labels{"C#", "F# minor"}, Labels{"a #1 hit", "dog"}})
    EXPECT_THAT(list_notes("label", labels), IsEmpty());
}

TEST(ListNotes, NumbersBesideLabelsAreNoted) {
  expect_note({"(1) cat", "(2) dog"}, "what stands before a label belongs to it");
  expect_note({"[0] cat", "[1] dog"}, "'[0] cat'");
  expect_note({"n01440764 tench", "n01443537 goldfish"}, "'n01440764 tench'");
  expect_note({"cat: 3", "dog: 4"}, "the number after a label belongs to it: 'cat: 3'");
  expect_note({"cat=0", "dog=1"}, "'cat=0'");
  expect_note({"cat 0.9", "dog 0.1"}, "'cat 0.9'");
  expect_note({"cat 90%", "dog 10%"}, "'cat 90%'");
  expect_note({"cat (12)", "dog (9)"}, "'cat (12)'");
}

TEST(ListNotes, WhatOtherProgramsLeftIsNoted) {
  expect_note({"cat", "<b>dog</b>"}, "markup is read as words, in the label '<b>dog</b>'");
  expect_note({"cat<br>", "dog"}, "'cat<br>'");
  expect_note({"caf\uFFFD", "dog"}, "another program lost a character");
  expect_note({"[b]cat[/b]", "dog"}, "'[b]cat[/b]'");
  expect_note({"fire%20truck", "dog"}, "characters by their codes are read as words");
  expect_note({"caf\\u00e9", "dog"}, "'caf\\u00e9'");
  expect_note({"cat.jpg", "dog"}, "'cat.jpg' is a picture's name or an address");
  expect_note({"https://a.org/cat", "dog"}, "'https://a.org/cat' is");
}

TEST(ListNotes, WordsJoinedByOtherMarksThanBlanksAreNoted) {
  expect_note({"golden+retriever", "cat"}, "'+' belongs to a label and is no blank to the model");
  expect_note({"photos/cat", "photos/dog"}, "as paths have, and is taken whole: 'photos/cat'");
  expect_note({"photos\\cat", "photos\\dog"}, "as paths have");
  expect_note({"AnnualCrop", "SeaLake", "River"},
              "are one to the model, in the label 'AnnualCrop'");
  for (const Labels& labels : {Labels{"C++", "A+ grade"}, Labels{"YouTube", "cat", "dog"},
                               Labels{"black/white", "red"}, Labels{"cat + dog", "cow"}})
    EXPECT_THAT(list_notes("label", labels), IsEmpty()) << labels.front();
}

TEST(ListNotes, SplitListsAreNoted) {
  expect_note({"[cat", "dog]"}, "brackets around a list belong to its labels: '[cat'");
  expect_note({"red\\", "or so", "blue"}, "keeps no comma in it");
  EXPECT_THAT(list_notes("label", Labels{"(big) cat", "dog (small)"}), IsEmpty());
}

TEST(ListNotes, ControlCharactersAreNoted) {
  expect_note({"\x1b[31mcat", "dog"}, "control characters belong to a label");
  expect_note({"cat\x7f", "dog"}, "control characters");
}

TEST(ListNotes, KeysCodesAndWeightsBesideLabelsAreNoted) {
  expect_note({"class=cat", "class=dog"}, "what stands before a label belongs to it");
  expect_note({"n02085620-Chihuahua", "n02085782-Spaniel"}, "'n02085620-Chihuahua'");
  expect_note({"(cat:1.2)", "(dog:0.8)"}, "the number after a label belongs to it: '(cat:1.2)'");
  expect_note({"cat 001", "dog 002"}, "'cat 001'");
  EXPECT_THAT(list_notes("label", Labels{"(a: b)", "(12)"}), IsEmpty());
}

TEST(QueryNotes, OperatorsAreNoted) {
  for (const char* query : {"cat AND NOT dog", "cat OR dog", "cat -dog", "cat +dog", "NOT a dog"})
    EXPECT_THAT(query_notes(query), ElementsAre(HasSubstr("without operators"))) << query;
  for (const char* query : {"color:red", "in:album cat", "cat*", "*.jpg", "cat|dog", "cat && dog"})
    EXPECT_THAT(query_notes(query), ElementsAre(HasSubstr("without operators"))) << query;
  EXPECT_THAT(query_notes("a cat\na dog\n"), ElementsAre(HasSubstr("lines are no queries")));
  EXPECT_THAT(query_notes("a cat\n"), IsEmpty());
  for (const char* query : {"a cat: sleeping", "at 10:30", "cat & dog"})
    EXPECT_THAT(query_notes(query), IsEmpty()) << query;
  for (const char* query : {"cats and dogs", "NOT FOR SALE", "a black-and-white cat", "cat - dog"})
    EXPECT_THAT(query_notes(query), IsEmpty()) << query;
}

TEST(LineNotes, NumbersAndHeadingsAreNoted) {
  EXPECT_THAT(line_notes("text", Labels{"1. a cat", "2. a dog"}),
              ElementsAre(HasSubstr("the number before a text belongs to it")));
  EXPECT_THAT(line_notes("text", Labels{"caption", "a cat"}),
              ElementsAre(HasSubstr("is what a table's column is called")));
  EXPECT_THAT(line_notes("text", Labels{"text", "a cat"}), ElementsAre(HasSubstr("'text'")));
}

TEST(LineNotes, AreOnTemplatesAndMarkup) {
  const auto notes = [](const Labels& lines) { return line_notes("query", lines); };
  EXPECT_THAT(notes({"a photo of a {label}"}), ElementsAre(HasSubstr("no label put into it")));
  EXPECT_THAT(notes({"<b>cat</b>"}), ElementsAre(HasSubstr("markup is read as words")));
}

}  // namespace
}  // namespace diptych::evaluate
