using System.Runtime.CompilerServices;
using Microsoft.ML.PcDarts;
using TorchSharp;

try
{
    TorchRuntime.EnsureLoaded();
}
catch (TorchLibraryException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 3;
}
Console.WriteLine(Sum());
return 0;

[MethodImpl(MethodImplOptions.NoInlining)]
static float Sum()
{
    using torch.Tensor sum = torch.ones(3).sum();
    return sum.item<float>();
}
