#include "text/repair/html_entities.h"

#include <gtest/gtest.h>

namespace diptych::text {
namespace {

TEST(UnescapeHtml, KnowsNamesWithAndWithoutSemicolon) {
  EXPECT_EQ(unescape_html(U"&eacute;&eacute&notin;&notit;&amp"), U"\u00e9\u00e9\u2209\u00acit;&");
  EXPECT_EQ(unescape_html(U"&NotEqualTilde;"), U"\u2242\u0338");
  EXPECT_EQ(unescape_html(U"&CounterClockwiseContourIntegral;"), U"\u2233");
  EXPECT_EQ(unescape_html(U"&nosuch; & &; &#; &#x; &"), U"&nosuch; & &; &#; &#x; &");
}

TEST(UnescapeHtml, FollowsHtml5ForNumbersThatAreNoCharacters) {
  EXPECT_EQ(unescape_html(U"&#0;&#xD800;&#1114112;&#99999999999999999999;"),
            U"\ufffd\ufffd\ufffd\ufffd");
  EXPECT_EQ(unescape_html(U"&#128;&#x81;"), U"\u20ac\u0081");
  EXPECT_EQ(unescape_html(U"a&#1;&#11;&#127;&#xFDD0;&#x1FFFE;b"), U"ab");
  EXPECT_EQ(unescape_html(U"&#13;&#9;"), U"\r\t");
}

TEST(UnescapeHtml, GoesOneLevelDeep) {
  EXPECT_EQ(unescape_html(U"&amp;lt;"), U"&lt;");
}

TEST(UnescapePlainEntities, AsksForTheSemicolon) {
  EXPECT_EQ(unescape_plain_entities(U"&eacute;&eacute &amp"), U"\u00e9&eacute &amp");
  EXPECT_EQ(unescape_plain_entities(U"&#233;&#233 &#xE9;"), U"\u00e9&#233 \u00e9");
  EXPECT_EQ(unescape_plain_entities(U"&#12a;&#59;"), U"&#12a;&#59;");
}

TEST(UnescapePlainEntities, LooksAtTwentyFourCharactersAtMost) {
  EXPECT_EQ(unescape_plain_entities(U"&CounterClockwiseContourIntegral;"),
            U"&CounterClockwiseContourIntegral;");
  EXPECT_EQ(unescape_plain_entities(U"&#000000000000000000000065;"), U"A");
  EXPECT_EQ(unescape_plain_entities(U"&#0000000000000000000000065;"),
            U"&#0000000000000000000000065;");
}

TEST(UnescapePlainEntities, TakesCapitalsWhereHtmlDoesNot) {
  EXPECT_EQ(unescape_plain_entities(U"&EACUTE;&SZLIG;&nTILDE;"), U"\u00c9SS&nTILDE;");
  EXPECT_EQ(unescape_plain_entities(U"&COPYSR;"), U"&COPYSR;") << "HTML reads &COPY SR;";
}

}  // namespace
}  // namespace diptych::text
