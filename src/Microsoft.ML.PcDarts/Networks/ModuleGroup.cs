using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks;

/// <summary>Named submodules without a forward pass: gives parameters the key that a sequence in the paper's code gives them.</summary>
internal sealed class ModuleGroup : nn.Module
{
    public ModuleGroup(params (string Name, nn.Module Module)[] members) : base(nameof(ModuleGroup))
    {
        foreach ((string member, nn.Module module) in members)
            register_module(member, module);
    }

    protected override void RegisterComponents() { }
}
