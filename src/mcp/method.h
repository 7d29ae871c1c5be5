// The methods of the protocol by number, so that what is done with a message is a switch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gantry::mcp {

/// In the order of the table in method.cpp.
enum class Method : std::uint8_t {
  kUnknown,
  // Requests, client to server
  kInitialize,
  kToolsList,
  kToolsCall,
  kResourcesList,
  kResourcesTemplatesList,
  kResourcesRead,
  kResourcesSubscribe,
  kResourcesUnsubscribe,
  kPromptsList,
  kPromptsGet,
  kCompletionComplete,
  kLoggingSetLevel,
  // Requests, either way
  kPing,
  kTasksGet,
  kTasksResult,
  kTasksList,
  kTasksCancel,
  // Requests, server to client
  kSamplingCreateMessage,
  kElicitationCreate,
  kRootsList,
  // Notifications
  kInitialized,
  kCancelled,
  kProgress,
  kMessage,
  kResourcesUpdated,
  kResourcesListChanged,
  kToolsListChanged,
  kPromptsListChanged,
  kRootsListChanged,
  kElicitationComplete,
  kTasksStatus,
};

inline constexpr std::size_t kMethods = static_cast<std::size_t>(Method::kTasksStatus) + 1;

/// The method of that name (its escapes decoded), case-sensitive; kUnknown for any other.
[[nodiscard]] Method method_of(std::string_view name);
/// "tools/call"; empty for kUnknown.
[[nodiscard]] std::string_view name(Method method);
/// Whether it is one of the protocol's notifications.
[[nodiscard]] constexpr bool is_notification(Method method) {
  return method >= Method::kInitialized;
}

}  // namespace gantry::mcp
