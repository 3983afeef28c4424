#include "checkpoint/containers/pickle.h"

#include <gtest/gtest.h>

#include "checkpoint/containers/pickle_builder.h"
#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using namespace test::pickled;  // NOLINT(google-build-using-namespace)
using test::expect_error;
using test::little_endian;

bool only_dictionaries(std::string_view module, std::string_view name) {
  return module == "collections" && name == "OrderedDict";
}

Pickle read_pickle(const std::string& bytes) {
  ByteReader reader(std::as_bytes(std::span(bytes)), "pickle", "test.pkl");
  return read_pickle(reader, only_dictionaries);
}

void expect_pickle_refused(const std::string& bytes, ErrorCode code, const std::string& reason) {
  expect_error([&] { read_pickle(bytes); }, code, reason);
}

TEST(Pickle, ReadsNumbersOfEveryForm) {
  EXPECT_EQ(read_pickle("K\x07.").root().integer, 7);
  EXPECT_EQ(read_pickle("M\x01\x02.").root().integer, 0x0201);
  EXPECT_EQ(read_pickle(integer(-5) + ".").root().integer, -5);
  EXPECT_EQ(read_pickle("I42\n.").root().integer, 42);
  EXPECT_EQ(read_pickle("L-42L\n.").root().integer, -42);
  EXPECT_EQ(read_pickle(std::string("\x8a\x02\x00\xff.", 5)).root().integer, -256);
  EXPECT_EQ(read_pickle(std::string("\x8a\x00.", 3)).root().integer, 0);
  EXPECT_EQ(read_pickle(std::string("G\x3f\xf8\0\0\0\0\0\0.", 10)).root().real, 1.5);
  EXPECT_EQ(read_pickle("F1.5\n.").root().kind, Pickle::Kind::real);
  EXPECT_EQ(read_pickle("I01\n.").root().kind, Pickle::Kind::boolean);
  EXPECT_EQ(read_pickle("\x88.").root().integer, 1);
  EXPECT_EQ(read_pickle("N.").root().kind, Pickle::Kind::none);
  // More than 64 bits stay bytes.
  EXPECT_EQ(read_pickle("\x8a\x0a"
                        "abcdefghij.")
                .root()
                .text,
            "abcdefghij");
}

TEST(Pickle, ReadsContainers) {
  const std::string bytes = pickle(dictionary(
      {unicode("list"), "](" + integer(1) + integer(2) + "e", unicode("tuple"),
       integer(3) + integer(4) + "\x86", unicode("set"), "\x8f(" + integer(5) + "\x90"}));
  const Pickle pickle = read_pickle(bytes);
  EXPECT_EQ(pickle[pickle.find(pickle.root(), "list")->items[1]].integer, 2);
  EXPECT_EQ(pickle[pickle.find(pickle.root(), "tuple")->items[0]].integer, 3);
  EXPECT_EQ(pickle.find(pickle.root(), "set")->items.size(), 1U);
  EXPECT_EQ(pickle.find(pickle.root(), "absent"), nullptr);
}

TEST(Pickle, SharesWhatTheMemoRecalls) {
  const Pickle pickle = read_pickle(
      "]q\x05h\x05"
      "a.");  // a list that holds itself
  EXPECT_EQ(&pickle[pickle.root().items[0]], &pickle.root());
}

TEST(Pickle, TreatsOrderedDictionariesAsDictionaries) {
  const std::string bytes =
      pickle(global("collections", "OrderedDict") + ")R" + unicode("a") + integer(1) + "s" +
             dictionary({unicode("_metadata"), "N"}) + "b");
  const Pickle pickle = read_pickle(bytes);
  EXPECT_EQ(pickle.find(pickle.root(), "a")->integer, 1);
}

TEST(Pickle, KeepsWhatIsPutIntoObjects) {
  const std::string made = global("collections", "OrderedDict") + integer(1) + "\x85R";
  const Pickle pickle = read_pickle(made + "(" + unicode("a") + integer(7) + "u.");
  ASSERT_EQ(pickle.root().items.size(), 4U);
  EXPECT_EQ(pickle[pickle.root().items[3]].integer, 7);
}

TEST(Pickle, LimitsTheNamesOfGlobals) {
  const std::string longest(10'000, 'a');
  expect_pickle_refused(unicode(longest) + unicode("b") + "\x93.", ErrorCode::corrupt_data,
                        "name of a global");
}

TEST(Pickle, TakesMemoIndicesAsPythonCountsThem) {
  EXPECT_EQ(read_pickle("K\x07p12\n0g12\n.").root().integer, 7);
  expect_pickle_refused("Np4000000000\n.", ErrorCode::corrupt_data, "memo index");
}

TEST(Pickle, RefusesEveryOtherGlobalAndNamesIt) {
  expect_pickle_refused(pickle(global("os", "system") + unicode("echo owned") + "\x85R"),
                        ErrorCode::unsupported, "os.system");
  expect_pickle_refused(pickle(unicode("builtins") + unicode("eval") + "\x93"),
                        ErrorCode::unsupported, "builtins.eval");
  expect_pickle_refused(pickle(global("collections", "OrderedDict2")), ErrorCode::unsupported,
                        "collections.OrderedDict2");
  expect_pickle_refused(pickle(global("a\x1b[2J\xff", "b")), ErrorCode::unsupported, "a?[2J?.b");
}

TEST(Pickle, RefusesOpcodesThatItDoesNotKnow) {
  expect_pickle_refused("i__main__\nX\n.", ErrorCode::unsupported, "opcode 0x69");
  expect_pickle_refused(std::string("\x82\x01."), ErrorCode::unsupported, "opcode 0x82");
}

TEST(Pickle, RefusesATruncatedPickle) {
  const std::string bytes = pickle(dictionary({unicode("a"), integers({1, 2, 3})}));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    expect_pickle_refused(bytes.substr(0, size), ErrorCode::corrupt_data, "pickle");
}

TEST(Pickle, RefusesLengthsBeyondTheEnd) {
  const std::string most = little_endian(0xFFFFFFFFU);
  expect_pickle_refused(fmt::format("X{}a.", most), ErrorCode::corrupt_data, "4294967295");
  expect_pickle_refused(fmt::format("\x8b{}a.", most), ErrorCode::corrupt_data, "4294967295");
  expect_pickle_refused(fmt::format("\x8d{}{}a.", most, most), ErrorCode::corrupt_data,
                        "expected 18446744073709551615");
}

TEST(Pickle, RefusesAnEmptyStack) {
  for (const std::string bytes : {".", "a.", "(.", "t.", "N(0.", "NR.", "b.", "q\x01.", "N\x86."})
    expect_pickle_refused(bytes, ErrorCode::corrupt_data, "expected");
}

TEST(Pickle, RefusesWhatItsOpcodesDoNotFit) {
  expect_pickle_refused("}Na.", ErrorCode::corrupt_data, "extended");
  expect_pickle_refused("}(Nu.", ErrorCode::corrupt_data, "dictionary");
  expect_pickle_refused("h\x07.", ErrorCode::corrupt_data, "memo");
  expect_pickle_refused("NN\x93.", ErrorCode::corrupt_data, "name of a global");
  expect_pickle_refused("N)R.", ErrorCode::corrupt_data, "called");
  expect_pickle_refused("N}b.", ErrorCode::corrupt_data, "built");
  expect_pickle_refused("Iseven\n.", ErrorCode::corrupt_data, "number");
  expect_pickle_refused("\x80\x09N.", ErrorCode::corrupt_data, "protocol");
  expect_pickle_refused("c" + std::string(10'000, 'a'), ErrorCode::corrupt_data, "a line");
}

TEST(Pickle, LimitsTheNumberOfValues) {
  const std::string many(3'000'000, ')');
  expect_pickle_refused(many + ".", ErrorCode::out_of_memory, "2000000");
}

TEST(Pickle, StaysFlatHoweverDeepItIsNested) {
  std::string bytes = "N";
  for (int i = 0; i < 1'000'000; ++i) bytes += '\x85';
  EXPECT_EQ(read_pickle(bytes + ".").size(), 1'000'001U);
}

}  // namespace
}  // namespace diptych::checkpoint
