using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Torch;

internal static partial class TorchRuntime
{
    /// <summary>Environment variable of oneDNN: the newest instructions that it uses. Whoever sets it has oneDNN left alone.</summary>
    public const string OneDnnInstructions = "ONEDNN_MAX_CPU_ISA";

    /// <summary>Answers the CPUID instruction for a leaf and a subleaf.</summary>
    public delegate (int Eax, int Ebx, int Ecx, int Edx) CpuId(int leaf, int subleaf);

    /// <summary>The message to the user where oneDNN was turned off; else null.</summary>
    public static string? OneDnnRemark { get; private set; }

    /// <summary>
    /// Turns oneDNN off in libtorch on AMD processors that hide their caches, as virtual machines can make them. oneDNN (3.7.1 in libtorch
    /// 2.10) then takes each cache for a single byte, and its convolutions with AVX2 or AVX-512 give wrong values and write beyond their
    /// tensors wherever channels do not fill a vector. libtorch's own convolutions take their place.
    /// </summary>
    private static void AvoidOneDnnWithoutCaches()
    {
        if (!X86Base.IsSupported || !HidesCaches(X86Base.CpuId) || Environment.GetEnvironmentVariable(OneDnnInstructions) is not null)
            return;
        if (NativeLibrary.TryLoad(FileName("torch_cpu"), typeof(TorchSharp.torch).Assembly, null, out nint torch)
            && NativeLibrary.TryGetExport(torch, "_ZN2at13globalContextEv", out nint context)
            && NativeLibrary.TryGetExport(torch, "_ZN2at7Context20setUserEnabledMkldnnEb", out nint enableOneDnn)
            && NativeLibrary.TryGetExport(torch, "_ZN2at7Context20setUserEnabledNNPACKEb", out nint enableNnpack))
        {
            // NNPACK cannot start without the sizes of caches either, and would say so on the console at each convolution.
            TurnOff(context, enableOneDnn);
            TurnOff(context, enableNnpack);
        }
        else
        {
            // Where compilers give these functions other names: oneDNN reads the variable at its first use, and is right without AVX.
            NativeEnvironment.SetDefault(OneDnnInstructions, "SSE41");
        }

        OneDnnRemark = "The processor hides its caches, with which oneDNN computes wrong convolutions: libtorch's own are used, "
            + "which can be slower. To have oneDNN all the same, "
            + $"set {OneDnnInstructions}=ALL.";
    }

    private static unsafe void TurnOff(nint context, nint enable)
        => ((delegate* unmanaged<nint, byte, void>)enable)(((delegate* unmanaged<nint>)context)(), 0);

    /// <summary>Whether an AMD processor describes no caches where oneDNN looks for them.</summary>
    public static bool HidesCaches(CpuId cpuId)
    {
        const int highest = unchecked((int)0x80000000), caches = unchecked((int)0x8000001D), typeOfCache = 0x1F;
        (_, int ebx, int ecx, int edx) = cpuId(0, 0);
        bool isAmd = (ebx, edx, ecx) == (0x68747541, 0x69746E65, 0x444D4163); // "Auth", "enti", "cAMD"
        return isAmd && (uint)cpuId(highest, 0).Eax >= unchecked((uint)caches) && (cpuId(caches, 0).Eax & typeOfCache) == 0;
    }
}
