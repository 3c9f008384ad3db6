using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.PcDarts.Runs;

internal sealed partial class CheckpointFolder
{
    /// <summary>States of the version before: the phase beside its progress, which had the members of all phases.</summary>
    private static class Version2
    {
        public const int Number = 2;

        /// <summary>The same state as this version writes it.</summary>
        /// <exception cref="InvalidDataException">It is no state of that version.</exception>
        public static byte[] Upgrade(byte[] text)
        {
            JsonNode? root = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (root is not JsonObject state
                || state["progress"] is not JsonObject progress
                || MembersOf(state["phase"]) is not { } members)
            {
                throw new InvalidDataException("its state lacks phase or progress.");
            }

            var upgraded = new JsonObject { ["phase"] = state["phase"]!.DeepClone() };
            foreach ((string name, JsonNode? value) in progress)
            {
                if (members.Contains(name))
                    upgraded.Add(name, value?.DeepClone());
            }

            state.Remove("phase");
            state["progress"] = upgraded;
            return Encoding.UTF8.GetBytes(state.ToJsonString());
        }

        private static HashSet<string>? MembersOf(JsonNode? phase)
        {
            if (phase is not JsonValue value || !value.TryGetValue(out string? name))
                return null;
            Type? type = name switch
            {
                nameof(TrainingPhase.Search) => typeof(SearchProgress),
                nameof(TrainingPhase.Selection) => typeof(SelectionProgress),
                nameof(TrainingPhase.Training) => typeof(FinalProgress),
                _ => null,
            };
            return type?.GetProperties().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)).ToHashSet(
                StringComparer.Ordinal);
        }
    }
}
