#include "mcp/envelope_rules.h"

#include <array>

namespace gantry::mcp {
namespace {

constexpr int kShape = -32600;
constexpr int kParameter = -32602;

constexpr Types kText = only(JsonType::kString);
constexpr Types kObject = only(JsonType::kObject);
constexpr Types kInteger = only(JsonType::kInteger);
constexpr Types kToken = kText | kInteger;
constexpr Types kIdentity = kToken | only(JsonType::kNull);
constexpr Types kAny = 0xFF;

constexpr std::string_view kAText = "a string";
constexpr std::string_view kAnObject = "an object";
constexpr std::string_view kAToken = "a string or an integer";

constexpr std::array kEnvelopeRules = {
    Rule{"jsonrpc", &Notes::jsonrpc, kText, kShape, kAText},
    Rule{"id", &Notes::id, kIdentity, kShape, kAToken},
    Rule{"method", &Notes::method, kText, kShape, kAText},
    Rule{"params", &Notes::params, kObject, kShape, kAnObject, Level::kParams},
    Rule{"result", &Notes::result, kObject, kShape, kAnObject, Level::kResult},
    Rule{"error", &Notes::error, kObject, kShape, kAnObject, Level::kError},
};

constexpr std::array kParamsRules = {
    Rule{"name", &Notes::name, kText, kParameter, kAText},
    Rule{"_meta", &Notes::meta, kObject, kParameter, kAnObject, Level::kMeta},
    Rule{"arguments", &Notes::arguments, kObject},
    Rule{"uri", &Notes::uri, kText, kParameter, kAText},
    Rule{"cursor", &Notes::cursor, kText, kParameter, kAText},
    Rule{"requestId", &Notes::request_id, kToken},
    Rule{"progressToken", &Notes::progress_token, kToken},
    Rule{"taskId", &Notes::task_id, kText},
    Rule{"level", &Notes::level, kText},
    Rule{"task", &Notes::task, kAny},
    Rule{"protocolVersion", &Notes::protocol_version, kText},
    Rule{"capabilities", &Notes::capabilities, kObject},
    Rule{"clientInfo", &Notes::client_info, kObject},
    Rule{"ref", &Notes::ref, kObject, kParameter, kAnObject, Level::kRef},
    Rule{"inputResponses", &Notes::input_responses, kObject},
    Rule{"requestState", &Notes::request_state, kText},
};

constexpr std::array kMetaRules = {
    Rule{"progressToken", &Notes::meta_token, kToken, kParameter, kAToken},
    Rule{"io.modelcontextprotocol/protocolVersion", &Notes::meta_version, kAny},
    Rule{"io.modelcontextprotocol/related-task", nullptr, kAny, 0, {}, Level::kRelatedTask},
};

constexpr std::array kRelatedTaskRules = {Rule{"taskId", &Notes::meta_related_task, kText}};

constexpr std::array kRefRules = {
    Rule{"name", &Notes::ref_name, kText},
    Rule{"uri", &Notes::ref_uri, kText},
    Rule{"type"},
};

constexpr std::array kResultRules = {
    Rule{"task", nullptr, kAny, 0, {}, Level::kTask},
    Rule{"nextCursor", &Notes::next_cursor, kText},
};

constexpr std::array kTaskRules = {Rule{"taskId", &Notes::result_task_id, kText}};

constexpr std::array kErrorRules = {
    Rule{"code", &Notes::error_code, kInteger, kShape, "an integer"},
    Rule{"message", &Notes::error_message, kText, kShape, kAText},
};

}  // namespace

std::span<const Rule> rules_of(Level level) {
  switch (level) {
    case Level::kNone:
      break;
    case Level::kEnvelope:
      return kEnvelopeRules;
    case Level::kParams:
      return kParamsRules;
    case Level::kMeta:
      return kMetaRules;
    case Level::kRelatedTask:
      return kRelatedTaskRules;
    case Level::kRef:
      return kRefRules;
    case Level::kResult:
      return kResultRules;
    case Level::kTask:
      return kTaskRules;
    case Level::kError:
      return kErrorRules;
  }
  return {};
}

}  // namespace gantry::mcp
