using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Torch;

public sealed class RecordedStepTests
{
    private readonly FakeDevice _device = new();

    [Fact]
    public void Run_OneShape_IsRecordedAfterThreeRunsAndGivesEachBatchItsOwn()
    {
        using RecordedStep step = Step();
        float[] sums = [.. Enumerable.Range(1, 8).Select(value => Run(step, 4, value))];
        Assert.Equal([4, 8, 12, 16, 20, 24, 28, 32], sums);
        Assert.Equal((1, 5), (_device.Recordings, _device.Launches)); // the fourth run is the first launch
    }

    [Fact]
    public void Run_SmallerLastBatches_DoNotRecordAgain()
    {
        using RecordedStep step = Step();
        for (int epoch = 0; epoch < 6; epoch++)
        {
            for (int batch = 0; batch < 5; batch++)
                Assert.Equal(4 * batch, Run(step, 4, batch));
            Assert.Equal(3 * epoch, Run(step, 3, epoch));
        }

        Assert.Equal(1, _device.Recordings);
        Assert.Equal(6 * 5 - 3, _device.Launches);
    }

    [Fact]
    public void Run_AnotherShapeFromThenOn_IsRecordedAndTheFirstRecordingGivenBack()
    {
        using RecordedStep step = Step();
        for (int run = 0; run < 6; run++)
            _ = Run(step, 4, run);
        for (int run = 0; run < 6; run++)
            Assert.Equal(3 * run, Run(step, 3, run));
        Assert.Equal((2, 1), (_device.Recordings, _device.Disposed));
    }

    [Fact]
    public void Run_RecordingFails_WarnsOnceAndRunsAsItIs()
    {
        List<string> warnings = [];
        using RecordedStep step = new(Pass, record: true, warnings.Add, Fail);
        Assert.Equal([4, 8, 12, 16, 20, 24], Enumerable.Range(1, 6).Select(value => Run(step, 4, value)));
        Assert.Equal(["The steps could not be recorded and take longer: no memory"], warnings);

        static IRecordedWork? Fail(Action work, out Exception? failure)
        {
            failure = new InvalidOperationException("no memory");
            return null;
        }
    }

    [Fact]
    public void Run_NotToRecord_NeverRecords()
    {
        using RecordedStep step = new(Pass, record: false, recorder: _device.Record);
        Assert.Equal([4, 8, 12, 16, 20, 24], Enumerable.Range(1, 6).Select(value => Run(step, 4, value)));
        Assert.Equal(0, _device.Recordings);
    }

    private RecordedStep Step() => new(Pass, record: true, recorder: _device.Record);

    private static float Run(RecordedStep step, int pictures, float value)
    {
        using DisposeScope scope = NewDisposeScope();
        return step.Run(full([pictures, 1], value), zeros(pictures)).item<float>();
    }

    private static Tensor Pass(Tensor images, Tensor labels) => (images.sum() + labels.sum()).detach();

    /// <summary>Repeats the work into the tensor that the recording gave out, as a graph does.</summary>
    private sealed class FakeDevice
    {
        public int Recordings { get; private set; }

        public int Launches { get; private set; }

        public int Disposed { get; private set; }

        public IRecordedWork? Record(Action work, out Exception? failure)
        {
            failure = null;
            Recordings++;
            return new Work(this, work);
        }

        private sealed class Work : IRecordedWork
        {
            private readonly FakeDevice _device;
            private readonly Action _work;

            public Work(FakeDevice device, Action work)
            {
                (_device, _work) = (device, work);
                work();
            }

            public void Launch()
            {
                _device.Launches++;
                _work();
            }

            public void Dispose() => _device.Disposed++;
        }
    }
}
