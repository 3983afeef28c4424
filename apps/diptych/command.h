#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// The words in which commands declare themselves. They stand over CLI11, which takes seconds to
// compile and is therefore included by what implements them alone.

namespace CLI {
class App;
class Option;
}  // namespace CLI

/// What the parsed command line asks for; returns the exit status.
using Action = std::function<int()>;

/// A declared option, flag or argument: a handle, valid as long as its Program.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}

  Option required();
  /// Requires: given with `other` only, or never with it.
  Option needs(Option other);
  Option excludes(Option other);

  /// Accepts a number of at least `least`, and at most `most`.
  Option at_least(double least, double most = std::numeric_limits<double>::infinity());
  Option above_zero();
  Option one_of(std::vector<std::string> words);
  /// Accepts a text of which `is_good` holds; `expected` is what messages call such texts.
  Option check(std::function<bool(const std::string& text)> is_good, std::string expected);

  /// Makes `--help` show the value that the variable has now, or `text`.
  Option show_default();
  Option show_default(const std::string& text);
  /// Sets the heading that `--help` lists it under.
  Option heading(const std::string& heading);

  /// Returns the value as it was typed last ("true" for a flag); nothing when it was not given.
  std::optional<std::string> given() const;

 private:
  CLI::Option* option_;
};

/// A command, or a group of its options: a handle, valid as long as its Program. Variables that
/// options are bound to live as long too. Of an option that is given several times, the last value
/// counts. Numbers are decimal and finite; an empty text is refused.
class Command {
 public:
  Command(CLI::App& app, Action& action) : app_(&app), action_(&action) {}

  /// Adds a command below this one; one of them must be chosen.
  Command command(const std::string& name, const std::string& description) const;
  /// Groups options of which exactly one, or at most one, is given.
  Command exactly_one(const std::string& name, const std::string& description) const;
  Command at_most_one(const std::string& name, const std::string& description) const;

  /// Declares an option "--name" with a value, or an argument "NAME" without a name of its own. One
  /// that is not given leaves the variable as it is.
  Option option(const std::string& name, std::string& value, const std::string& description) const;
  Option option(const std::string& name, int& value, const std::string& description) const;
  Option option(const std::string& name, std::uint64_t& value,
                const std::string& description) const;
  Option option(const std::string& name, float& value, const std::string& description) const;
  Option option(const std::string& name, double& value, const std::string& description) const;
  Option option(const std::string& name, std::optional<int>& value,
                const std::string& description) const;
  Option option(const std::string& name, std::optional<std::string>& value,
                const std::string& description) const;
  /// Declares one whose text `take` reads.
  Option option(const std::string& name, std::function<void(const std::string& text)> take,
                const std::string& description) const;
  /// Declares one of any form, whose text only `Option::given` has.
  Option option(const std::string& name, const std::string& description) const;

  /// Declares one of a few words, each of which stands for a value.
  template <typename Variable, typename Value>
  Option choice(const std::string& name, Variable& variable,
                const std::map<std::string, Value>& choices, const std::string& description) const {
    std::vector<std::string> words;
    words.reserve(choices.size());
    for (const auto& [word, value] : choices) words.push_back(word);
    const auto choose = [&variable, choices](const std::string& word) {
      variable = choices.at(word);
    };
    return choice(name, std::move(words), choose, std::is_same_v<Value, bool> ? "BOOLEAN" : "ENUM",
                  description);
  }

  /// Declares a list: an option that may be given several times, or arguments without a name.
  /// Values arrive as they are.
  Option list(const std::string& name, std::vector<std::string>& values,
              const std::string& description) const;

  Option flag(const std::string& name, bool& value, const std::string& description) const;
  /// Declares one of two names, "--name,!--no-name", as the later one of them says.
  Option flag(const std::string& names, std::optional<bool>& value,
              const std::string& description) const;
  Option flag(const std::string& name, std::function<void()> when_given,
              const std::string& description) const;
  Option flag(const std::string& name, const std::string& description) const;

  /// Returns the command's name and a line for each of its options and arguments that was given,
  /// with its values and what the content of those that are files is known by; without those of
  /// `but`.
  std::string typed(const std::vector<std::string>& but) const;

  /// Throws Error(invalid_argument) for the first of these options that was given: without
  /// `needed` it changes nothing.
  void refuse_unused(const std::vector<std::string>& options, std::string_view needed) const;

  /// Sets what `--help` says after the options: explanations, examples.
  void footer(const std::string& text) const;
  /// Sets what is done when this command was chosen.
  void runs(Action action) const;

 private:
  Option choice(const std::string& name, std::vector<std::string> words,
                std::function<void(const std::string& word)> choose, const std::string& kind,
                const std::string& description) const;

  CLI::App* app_;
  Action* action_;
};

/// The program's whole command line.
class Program {
 public:
  Program(const std::string& name, const std::string& description, const std::string& version);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Returns what stands above all commands.
  Command root();
  /// Returns what the arguments ask for. Throws Error(invalid_argument), "option: got X, expected Y
  /// (see diptych COMMAND --help)".
  Action parse(const std::vector<std::string>& arguments);

 private:
  std::unique_ptr<CLI::App> app_;
  Action action_;
};
