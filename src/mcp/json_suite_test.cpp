// The public JSON parsing suite: the cases of Nicolas Seriot's JSONTestSuite (MIT), all 318, by
// their names there. y_ must be accepted, n_ must be refused; of i_, which RFC 8259 leaves open,
// the third column says what is done here: numbers of any size and lone surrogate escapes pass,
// what is not UTF-8 does not. Three long ones are made below.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "mcp/envelope.h"

namespace gantry::mcp {
namespace {

using namespace std::string_view_literals;

struct Case {
  const char* name;
  std::string_view text;
};

struct OpenCase {
  const char* name;
  std::string_view text;
  bool accepted;
};

constexpr Case kAccepted[] = {
    {"y_array_arraysWithSpaces", "[[]   ]"sv},
    {"y_array_empty-string", R"([""])"sv},
    {"y_array_empty", "[]"sv},
    {"y_array_ending_with_newline", R"(["a"])"sv},
    {"y_array_false", "[false]"sv},
    {"y_array_heterogeneous", R"([null, 1, "1", {}])"sv},
    {"y_array_null", "[null]"sv},
    {"y_array_with_1_and_newline", "[1\n]"sv},
    {"y_array_with_leading_space", " [1]"sv},
    {"y_array_with_several_null", "[1,null,null,null,2]"sv},
    {"y_array_with_trailing_space", "[2] "sv},
    {"y_number", "[123e65]"sv},
    {"y_number_0e+1", "[0e+1]"sv},
    {"y_number_0e1", "[0e1]"sv},
    {"y_number_after_space", "[ 4]"sv},
    {"y_number_double_close_to_zero",
     "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]\n"sv},
    {"y_number_int_with_exp", "[20e1]"sv},
    {"y_number_minus_zero", "[-0]"sv},
    {"y_number_negative_int", "[-123]"sv},
    {"y_number_negative_one", "[-1]"sv},
    {"y_number_negative_zero", "[-0]"sv},
    {"y_number_real_capital_e", "[1E22]"sv},
    {"y_number_real_capital_e_neg_exp", "[1E-2]"sv},
    {"y_number_real_capital_e_pos_exp", "[1E+2]"sv},
    {"y_number_real_exponent", "[123e45]"sv},
    {"y_number_real_fraction_exponent", "[123.456e78]"sv},
    {"y_number_real_neg_exp", "[1e-2]"sv},
    {"y_number_real_pos_exponent", "[1e+2]"sv},
    {"y_number_simple_int", "[123]"sv},
    {"y_number_simple_real", "[123.456789]"sv},
    {"y_object", R"({"asd":"sdf", "dfg":"fgh"})"sv},
    {"y_object_basic", R"({"asd":"sdf"})"sv},
    {"y_object_duplicated_key", R"({"a":"b","a":"c"})"sv},
    {"y_object_duplicated_key_and_value", R"({"a":"b","a":"b"})"sv},
    {"y_object_empty", "{}"sv},
    {"y_object_empty_key", R"({"":0})"sv},
    {"y_object_escaped_null_in_key", R"({"foo\u0000bar": 42})"sv},
    {"y_object_extreme_numbers", R"({ "min": -1.0e+28, "max": 1.0e+28 })"sv},
    {"y_object_long_strings", R"({"x":[{"id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}], "id": )"
                              R"("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"})"sv},
    {"y_object_simple", R"({"a":[]})"sv},
    {"y_object_string_unicode", R"({"title":"\u041f\u043e\u043b\u0442\u043e\u0440\u0430 )"
                                R"(\u0417\u0435\u043c\u043b\u0435\u043a\u043e\u043f\u0430" })"sv},
    {"y_object_with_newlines", "{\n\"a\": \"b\"\n}"sv},
    {"y_string_1_2_3_bytes_UTF-8_sequences", R"(["\u0060\u012a\u12AB"])"sv},
    {"y_string_accepted_surrogate_pair", R"(["\uD801\udc37"])"sv},
    {"y_string_accepted_surrogate_pairs", R"(["\ud83d\ude39\ud83d\udc8d"])"sv},
    {"y_string_allowed_escapes", R"(["\"\\\/\b\f\n\r\t"])"sv},
    {"y_string_backslash_and_u_escaped_zero", R"(["\\u0000"])"sv},
    {"y_string_backslash_doublequotes", R"(["\""])"sv},
    {"y_string_comments", R"(["a/*b*/c/*d//e"])"sv},
    {"y_string_double_escape_a", R"(["\\a"])"sv},
    {"y_string_double_escape_n", R"(["\\n"])"sv},
    {"y_string_escaped_control_character", R"(["\u0012"])"sv},
    {"y_string_escaped_noncharacter", R"(["\uFFFF"])"sv},
    {"y_string_in_array", R"(["asd"])"sv},
    {"y_string_in_array_with_leading_space", R"([ "asd"])"sv},
    {"y_string_last_surrogates_1_and_2", R"(["\uDBFF\uDFFF"])"sv},
    {"y_string_nbsp_uescaped", R"(["new\u00A0line"])"sv},
    {"y_string_nonCharacterInUTF-8_U+10FFFF", "[\"\364\217\277\277\"]"sv},
    {"y_string_nonCharacterInUTF-8_U+FFFF", "[\"\357\277\277\"]"sv},
    {"y_string_null_escape", R"(["\u0000"])"sv},
    {"y_string_one-byte-utf-8", R"(["\u002c"])"sv},
    {"y_string_pi", "[\"\317\200\"]"sv},
    {"y_string_reservedCharacterInUTF-8_U+1BFFF", "[\"\360\233\277\277\"]"sv},
    {"y_string_simple_ascii", R"(["asd "])"sv},
    {"y_string_space", R"(" ")"sv},
    {"y_string_surrogates_U+1D11E_MUSICAL_SYMBOL_G_CLEF", R"(["\uD834\uDd1e"])"sv},
    {"y_string_three-byte-utf-8", R"(["\u0821"])"sv},
    {"y_string_two-byte-utf-8", R"(["\u0123"])"sv},
    {"y_string_u+2028_line_sep", "[\"\342\200\250\"]"sv},
    {"y_string_u+2029_par_sep", "[\"\342\200\251\"]"sv},
    {"y_string_uEscape", R"(["\u0061\u30af\u30EA\u30b9"])"sv},
    {"y_string_uescaped_newline", R"(["new\u000Aline"])"sv},
    {"y_string_unescaped_char_delete", "[\"\177\"]"sv},
    {"y_string_unicode", R"(["\uA66D"])"sv},
    {"y_string_unicodeEscapedBackslash", R"(["\u005C"])"sv},
    {"y_string_unicode_2", "[\"\342\215\202\343\210\264\342\215\202\"]"sv},
    {"y_string_unicode_U+10FFFE_nonchar", R"(["\uDBFF\uDFFE"])"sv},
    {"y_string_unicode_U+1FFFE_nonchar", R"(["\uD83F\uDFFE"])"sv},
    {"y_string_unicode_U+200B_ZERO_WIDTH_SPACE", R"(["\u200B"])"sv},
    {"y_string_unicode_U+2064_invisible_plus", R"(["\u2064"])"sv},
    {"y_string_unicode_U+FDD0_nonchar", R"(["\uFDD0"])"sv},
    {"y_string_unicode_U+FFFE_nonchar", R"(["\uFFFE"])"sv},
    {"y_string_unicode_escaped_double_quote", R"(["\u0022"])"sv},
    {"y_string_utf8", "[\"\342\202\254\360\235\204\236\"]"sv},
    {"y_string_with_del_character", "[\"a\177a\"]"sv},
    {"y_structure_lonely_false", "false"sv},
    {"y_structure_lonely_int", "42"sv},
    {"y_structure_lonely_negative_real", "-0.1"sv},
    {"y_structure_lonely_null", "null"sv},
    {"y_structure_lonely_string", R"("asd")"sv},
    {"y_structure_lonely_true", "true"sv},
    {"y_structure_string_empty", R"("")"sv},
    {"y_structure_trailing_newline", "[\"a\"]\n"sv},
    {"y_structure_true_in_array", "[true]"sv},
    {"y_structure_whitespace_array", " [] "sv},
};

constexpr Case kRefused[] = {
    {"n_array_1_true_without_comma", "[1 true]"sv},
    {"n_array_a_invalid_utf8", "[a\345]"sv},
    {"n_array_colon_instead_of_comma", R"(["": 1])"sv},
    {"n_array_comma_after_close", R"([""],)"sv},
    {"n_array_comma_and_number", "[,1]"sv},
    {"n_array_double_comma", "[1,,2]"sv},
    {"n_array_double_extra_comma", R"(["x",,])"sv},
    {"n_array_extra_close", R"(["x"]])"sv},
    {"n_array_extra_comma", R"(["",])"sv},
    {"n_array_incomplete", R"(["x")"sv},
    {"n_array_incomplete_invalid_value", "[x"sv},
    {"n_array_inner_array_no_comma", "[3[4]]"sv},
    {"n_array_invalid_utf8", "[\377]"sv},
    {"n_array_items_separated_by_semicolon", "[1:2]"sv},
    {"n_array_just_comma", "[,]"sv},
    {"n_array_just_minus", "[-]"sv},
    {"n_array_missing_value", R"([   , ""])"sv},
    {"n_array_newlines_unclosed", "[\"a\",\n4\n,1,"sv},
    {"n_array_number_and_comma", "[1,]"sv},
    {"n_array_number_and_several_commas", "[1,,]"sv},
    {"n_array_spaces_vertical_tab_formfeed", "[\"\013a\"\\f]"sv},
    {"n_array_star_inside", "[*]"sv},
    {"n_array_unclosed", R"(["")"sv},
    {"n_array_unclosed_trailing_comma", "[1,"sv},
    {"n_array_unclosed_with_new_lines", "[1,\n1\n,1"sv},
    {"n_array_unclosed_with_object_inside", "[{}"sv},
    {"n_incomplete_false", "[fals]"sv},
    {"n_incomplete_null", "[nul]"sv},
    {"n_incomplete_true", "[tru]"sv},
    {"n_multidigit_number_then_00", "123\000"sv},
    {"n_number_++", "[++1234]"sv},
    {"n_number_+1", "[+1]"sv},
    {"n_number_+Inf", "[+Inf]"sv},
    {"n_number_-01", "[-01]"sv},
    {"n_number_-1.0.", "[-1.0.]"sv},
    {"n_number_-2.", "[-2.]"sv},
    {"n_number_-NaN", "[-NaN]"sv},
    {"n_number_.-1", "[.-1]"sv},
    {"n_number_.2e-3", "[.2e-3]"sv},
    {"n_number_0.1.2", "[0.1.2]"sv},
    {"n_number_0.3e+", "[0.3e+]"sv},
    {"n_number_0.3e", "[0.3e]"sv},
    {"n_number_0.e1", "[0.e1]"sv},
    {"n_number_0_capital_E+", "[0E+]"sv},
    {"n_number_0_capital_E", "[0E]"sv},
    {"n_number_0e+", "[0e+]"sv},
    {"n_number_0e", "[0e]"sv},
    {"n_number_1.0e+", "[1.0e+]"sv},
    {"n_number_1.0e-", "[1.0e-]"sv},
    {"n_number_1.0e", "[1.0e]"sv},
    {"n_number_1_000", "[1 000.0]"sv},
    {"n_number_1eE2", "[1eE2]"sv},
    {"n_number_2.e+3", "[2.e+3]"sv},
    {"n_number_2.e-3", "[2.e-3]"sv},
    {"n_number_2.e3", "[2.e3]"sv},
    {"n_number_9.e+", "[9.e+]"sv},
    {"n_number_Inf", "[Inf]"sv},
    {"n_number_NaN", "[NaN]"sv},
    {"n_number_U+FF11_fullwidth_digit_one", "[\357\274\221]"sv},
    {"n_number_expression", "[1+2]"sv},
    {"n_number_hex_1_digit", "[0x1]"sv},
    {"n_number_hex_2_digits", "[0x42]"sv},
    {"n_number_infinity", "[Infinity]"sv},
    {"n_number_invalid+-", "[0e+-1]"sv},
    {"n_number_invalid-negative-real", "[-123.123foo]"sv},
    {"n_number_invalid-utf-8-in-bigger-int", "[123\345]"sv},
    {"n_number_invalid-utf-8-in-exponent", "[1e1\345]"sv},
    {"n_number_invalid-utf-8-in-int", "[0\345]\n"sv},
    {"n_number_minus_infinity", "[-Infinity]"sv},
    {"n_number_minus_sign_with_trailing_garbage", "[-foo]"sv},
    {"n_number_minus_space_1", "[- 1]"sv},
    {"n_number_neg_int_starting_with_zero", "[-012]"sv},
    {"n_number_neg_real_without_int_part", "[-.123]"sv},
    {"n_number_neg_with_garbage_at_end", "[-1x]"sv},
    {"n_number_real_garbage_after_e", "[1ea]"sv},
    {"n_number_real_with_invalid_utf8_after_e", "[1e\345]"sv},
    {"n_number_real_without_fractional_part", "[1.]"sv},
    {"n_number_starting_with_dot", "[.123]"sv},
    {"n_number_with_alpha", "[1.2a-3]"sv},
    {"n_number_with_alpha_char", "[1.8011670033376514H-308]"sv},
    {"n_number_with_leading_zero", "[012]"sv},
    {"n_object_bad_value", R"(["x", truth])"sv},
    {"n_object_bracket_key", "{[: \"x\"}\n"sv},
    {"n_object_comma_instead_of_colon", R"({"x", null})"sv},
    {"n_object_double_colon", R"({"x"::"b"})"sv},
    {"n_object_emoji", "{\360\237\207\250\360\237\207\255}"sv},
    {"n_object_garbage_at_end", R"({"a":"a" 123})"sv},
    {"n_object_key_with_single_quotes", "{key: 'value'}"sv},
    {"n_object_lone_continuation_byte_in_key_and_trailing_comma", "{\"\271\":\"0\",}"sv},
    {"n_object_missing_colon", R"({"a" b})"sv},
    {"n_object_missing_key", R"({:"b"})"sv},
    {"n_object_missing_semicolon", R"({"a" "b"})"sv},
    {"n_object_missing_value", R"({"a":)"sv},
    {"n_object_no-colon", R"({"a")"sv},
    {"n_object_non_string_key", "{1:1}"sv},
    {"n_object_non_string_key_but_huge_number_instead", "{9999E9999:1}"sv},
    {"n_object_repeated_null_null", "{null:null,null:null}"sv},
    {"n_object_several_trailing_commas", R"({"id":0,,,,,})"sv},
    {"n_object_single_quote", "{'a':0}"sv},
    {"n_object_trailing_comma", R"({"id":0,})"sv},
    {"n_object_trailing_comment", R"({"a":"b"}/**/)"sv},
    {"n_object_trailing_comment_open", R"({"a":"b"}/**//)"sv},
    {"n_object_trailing_comment_slash_open", R"({"a":"b"}//)"sv},
    {"n_object_trailing_comment_slash_open_incomplete", R"({"a":"b"}/)"sv},
    {"n_object_two_commas_in_a_row", R"({"a":"b",,"c":"d"})"sv},
    {"n_object_unquoted_key", R"({a: "b"})"sv},
    {"n_object_unterminated-value", R"({"a":"a)"sv},
    {"n_object_with_single_string", R"({ "foo" : "bar", "a" })"sv},
    {"n_object_with_trailing_garbage", R"({"a":"b"}#)"sv},
    {"n_single_space", " "sv},
    {"n_string_1_surrogate_then_escape", R"(["\uD800\"])"sv},
    {"n_string_1_surrogate_then_escape_u", R"(["\uD800\u"])"sv},
    {"n_string_1_surrogate_then_escape_u1", R"(["\uD800\u1"])"sv},
    {"n_string_1_surrogate_then_escape_u1x", R"(["\uD800\u1x"])"sv},
    {"n_string_accentuated_char_no_quotes", "[\303\251]"sv},
    {"n_string_backslash_00", "[\"\\\000\"]"sv},
    {"n_string_escape_x", R"(["\x00"])"sv},
    {"n_string_escaped_backslash_bad", R"(["\\\"])"sv},
    {"n_string_escaped_ctrl_char_tab", "[\"\\\t\"]"sv},
    {"n_string_escaped_emoji", "[\"\\\360\237\214\200\"]"sv},
    {"n_string_incomplete_escape", R"(["\"])"sv},
    {"n_string_incomplete_escaped_character", R"(["\u00A"])"sv},
    {"n_string_incomplete_surrogate", R"(["\uD834\uDd"])"sv},
    {"n_string_incomplete_surrogate_escape_invalid", R"(["\uD800\uD800\x"])"sv},
    {"n_string_invalid-utf-8-in-escape", "[\"\\u\345\"]"sv},
    {"n_string_invalid_backslash_esc", R"(["\a"])"sv},
    {"n_string_invalid_unicode_escape", R"(["\uqqqq"])"sv},
    {"n_string_invalid_utf8_after_escape", "[\"\\\345\"]"sv},
    {"n_string_leading_uescaped_thinspace", R"([\u0020"asd"])"sv},
    {"n_string_no_quotes_with_bad_escape", R"([\n])"sv},
    {"n_string_single_doublequote", R"(")"sv},
    {"n_string_single_quote", "['single quote']"sv},
    {"n_string_single_string_no_double_quotes", "abc"sv},
    {"n_string_start_escape_unclosed", R"(["\)"sv},
    {"n_string_unescaped_ctrl_char", "[\"a\000a\"]"sv},
    {"n_string_unescaped_newline", "[\"new\nline\"]"sv},
    {"n_string_unescaped_tab", "[\"\t\"]"sv},
    {"n_string_unicode_CapitalU", R"("\UA66D")"sv},
    {"n_string_with_trailing_garbage", R"(""x)"sv},
    {"n_structure_U+2060_word_joined", "[\342\201\240]"sv},
    {"n_structure_UTF8_BOM_no_data", "\357\273\277"sv},
    {"n_structure_angle_bracket_.", "<.>"sv},
    {"n_structure_angle_bracket_null", "[<null>]"sv},
    {"n_structure_array_trailing_garbage", "[1]x"sv},
    {"n_structure_array_with_extra_array_close", "[1]]"sv},
    {"n_structure_array_with_unclosed_string", R"(["asd])"sv},
    {"n_structure_ascii-unicode-identifier", "a\303\245"sv},
    {"n_structure_capitalized_True", "[True]"sv},
    {"n_structure_close_unopened_array", "1]"sv},
    {"n_structure_comma_instead_of_closing_brace", R"({"x": true,)"sv},
    {"n_structure_double_array", "[][]"sv},
    {"n_structure_end_array", "]"sv},
    {"n_structure_incomplete_UTF8_BOM", "\357\273{}"sv},
    {"n_structure_lone-invalid-utf-8", "\345"sv},
    {"n_structure_lone-open-bracket", "["sv},
    {"n_structure_no_data", ""sv},
    {"n_structure_null-byte-outside-string", "[\000]"sv},
    {"n_structure_number_with_trailing_garbage", "2@"sv},
    {"n_structure_object_followed_by_closing_object", "{}}"sv},
    {"n_structure_object_unclosed_no_value", R"({"":)"sv},
    {"n_structure_object_with_comment", R"({"a":/*comment*/"b"})"sv},
    {"n_structure_object_with_trailing_garbage", R"({"a": true} "x")"sv},
    {"n_structure_open_array_apostrophe", "['"sv},
    {"n_structure_open_array_comma", "[,"sv},
    {"n_structure_open_array_open_object", "[{"sv},
    {"n_structure_open_array_open_string", R"(["a)"sv},
    {"n_structure_open_array_string", R"(["a")"sv},
    {"n_structure_open_object", "{"sv},
    {"n_structure_open_object_close_array", "{]"sv},
    {"n_structure_open_object_comma", "{,"sv},
    {"n_structure_open_object_open_array", "{["sv},
    {"n_structure_open_object_open_string", R"({"a)"sv},
    {"n_structure_open_object_string_with_apostrophes", "{'a'"sv},
    {"n_structure_open_open", R"(["\{["\{["\{["\{)"sv},
    {"n_structure_single_eacute", "\351"sv},
    {"n_structure_single_star", "*"sv},
    {"n_structure_trailing_#", R"({"a":"b"}#{})"sv},
    {"n_structure_uescaped_LF_before_string", R"([\u000A""])"sv},
    {"n_structure_unclosed_array", "[1"sv},
    {"n_structure_unclosed_array_partial_null", "[ false, nul"sv},
    {"n_structure_unclosed_array_unfinished_false", "[ true, fals"sv},
    {"n_structure_unclosed_array_unfinished_true", "[ false, tru"sv},
    {"n_structure_unclosed_object", R"({"asd":"asd")"sv},
    {"n_structure_unicode-identifier", "\303\245"sv},
    {"n_structure_whitespace_U+2060_word_joiner", "[\342\201\240]"sv},
    {"n_structure_whitespace_formfeed", "[\014]"sv},
};

constexpr OpenCase kOpen[] = {
    {"i_number_double_huge_neg_exp", "[123.456e-789]"sv, true},
    {"i_number_huge_exp",
     "[0.4e006699999999999999999999999999999999999999999999999999999999999999999999999999999999"
     "99999999999999999999999999999999999969999999006]"sv,
     true},
    {"i_number_neg_int_huge_exp", "[-1e+9999]"sv, true},
    {"i_number_pos_double_huge_exp", "[1.5e+9999]"sv, true},
    {"i_number_real_neg_overflow", "[-123123e100000]"sv, true},
    {"i_number_real_pos_overflow", "[123123e100000]"sv, true},
    {"i_number_real_underflow", "[123e-10000000]"sv, true},
    {"i_number_too_big_neg_int", "[-123123123123123123123123123123]"sv, true},
    {"i_number_too_big_pos_int", "[100000000000000000000]"sv, true},
    {"i_number_very_big_negative_int", "[-237462374673276894279832749832423479823246327846]"sv,
     true},
    {"i_object_key_lone_2nd_surrogate", R"({"\uDFAA":0})"sv, true},
    {"i_string_1st_surrogate_but_2nd_missing", R"(["\uDADA"])"sv, true},
    {"i_string_1st_valid_surrogate_2nd_invalid", R"(["\uD888\u1234"])"sv, true},
    {"i_string_UTF-16LE_with_BOM", "\377\376[\000\"\000\351\000\"\000]\000"sv, false},
    {"i_string_UTF-8_invalid_sequence", "[\"\346\227\245\321\210\372\"]"sv, false},
    {"i_string_UTF8_surrogate_U+D800", "[\"\355\240\200\"]"sv, false},
    {"i_string_incomplete_surrogate_and_escape_valid", R"(["\uD800\n"])"sv, true},
    {"i_string_incomplete_surrogate_pair", R"(["\uDd1ea"])"sv, true},
    {"i_string_incomplete_surrogates_escape_valid", R"(["\uD800\uD800\n"])"sv, true},
    {"i_string_invalid_lonely_surrogate", R"(["\ud800"])"sv, true},
    {"i_string_invalid_surrogate", R"(["\ud800abc"])"sv, true},
    {"i_string_invalid_utf-8", "[\"\377\"]"sv, false},
    {"i_string_inverted_surrogates_U+1D11E", R"(["\uDd1e\uD834"])"sv, true},
    {"i_string_iso_latin_1", "[\"\351\"]"sv, false},
    {"i_string_lone_second_surrogate", R"(["\uDFAA"])"sv, true},
    {"i_string_lone_utf8_continuation_byte", "[\"\201\"]"sv, false},
    {"i_string_not_in_unicode_range", "[\"\364\277\277\277\"]"sv, false},
    {"i_string_overlong_sequence_2_bytes", "[\"\300\257\"]"sv, false},
    {"i_string_overlong_sequence_6_bytes", "[\"\374\203\277\277\277\277\"]"sv, false},
    {"i_string_overlong_sequence_6_bytes_null", "[\"\374\200\200\200\200\200\"]"sv, false},
    {"i_string_truncated-utf-8", "[\"\340\377\"]"sv, false},
    {"i_string_utf16BE_no_BOM", "\000[\000\"\000\351\000\"\000]"sv, false},
    {"i_string_utf16LE_no_BOM", "[\000\"\000\351\000\"\000]\000"sv, false},
    {"i_structure_UTF-8_BOM_empty_object", "\357\273\277{}"sv, false},
};

std::string repeated(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

TEST(JsonSuite, AcceptsWhatItMust) {
  for (const auto& row : kAccepted) {
    const auto checked = check_json(row.text);
    EXPECT_TRUE(checked.has_value()) << row.name << ": " << checked.error().reason;
  }
  EXPECT_EQ(std::size(kAccepted), 95U);
}

TEST(JsonSuite, RefusesWhatItMust) {
  for (const auto& row : kRefused) {
    const auto checked = check_json(row.text);
    ASSERT_FALSE(checked.has_value()) << row.name;
    EXPECT_EQ(checked.error().code, -32700) << row.name;
    EXPECT_FALSE(checked.error().reason.empty()) << row.name;
    EXPECT_LE(checked.error().offset, row.text.size()) << row.name;
  }
  EXPECT_EQ(std::size(kRefused), 186U);
}

TEST(JsonSuite, WhatIsLeftOpen) {
  for (const auto& row : kOpen) {
    EXPECT_EQ(check_json(row.text).has_value(), row.accepted) << row.name;
  }
  EXPECT_EQ(std::size(kOpen), 34U);
}

TEST(JsonSuite, TheLongOnes) {
  const ScanLimits deepest{.depth = ScanLimits::kMostDepth};
  // i_structure_500_nested_arrays
  const auto nested = repeated("[", 500) + repeated("]", 500);
  EXPECT_TRUE(check_json(nested, deepest).has_value());
  EXPECT_FALSE(check_json(nested).has_value());
  // n_structure_100000_opening_arrays, n_structure_open_array_object
  EXPECT_FALSE(check_json(repeated("[", 100'000), deepest).has_value());
  EXPECT_FALSE(check_json(repeated(R"([{"":)", 50'000) + "\n", deepest).has_value());
}

}  // namespace
}  // namespace gantry::mcp
